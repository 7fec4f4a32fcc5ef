# shellcheck shell=bash
# What each step does.

# Each is a workspace of its own: what runs in the sandbox is built for another target than the host, and what
# drives the program from outside must not decide which features the program is built with.
workspaces=(. sdk/rust plugins tests/guests tests)

# each_workspace FUNCTION: calls it with each of them.
each_workspace() {
    local workspace
    for workspace in "${workspaces[@]}"; do
        echo "-- $workspace"
        "$1" "$workspace"
    done
}

# cargo_in WORKSPACE COMMAND ARG...: cargo there, for this machine.
cargo_in() {
    local workspace=$1 target command=$2
    case $workspace in
    .) target=$root/target ;;
    tests) target=$root/target/tests ;;
    *) target=$PEGBOARD_GUESTS_TARGET ;;
    esac
    shift 2
    cargo "$command" --manifest-path "$workspace/Cargo.toml" --target-dir "$target" --release --workspace "$@"
}

check_fmt() {
    format() { cargo fmt --all --check --manifest-path "$1/Cargo.toml"; }
    each_workspace format
    # Built by another compiler than the others, and only by hand.
    format fuzz
}

check_lint() {
    lint() { cargo_in "$1" clippy --all-targets --quiet -- -D warnings; }
    each_workspace lint
}

check_doc() {
    document() { RUSTDOCFLAGS="-D warnings" cargo_in "$1" doc --no-deps --quiet; }
    each_workspace document
}

check_deny() {
    setup_deny
    allowed() { "$deny" -L error --manifest-path "$1/Cargo.toml" --workspace --config "$root/deny.toml" check licenses bans sources; }
    each_workspace allowed
    if timeout 60 "$deny" fetch db >/dev/null 2>&1; then
        advisories() { "$deny" --manifest-path "$1/Cargo.toml" --workspace --config "$root/deny.toml" check advisories; }
        each_workspace advisories
    else
        echo "the database of advisories cannot be reached from here: advisories are not checked"
    fi
}

# test_guests WORKSPACE: what will run in the sandbox, tested on this machine. Without --release, whose profile optimises
# across all crates for size: linking each test so takes half a minute, and finds nothing more.
test_guests() { cargo test --manifest-path "$1/Cargo.toml" --target-dir "$PEGBOARD_GUESTS_TARGET" --workspace --quiet; }

check_sdk() {
    test_guests sdk/rust
    build_guests sdk/rust --examples
}

check_plugins() {
    test_guests plugins
    build_guests plugins
}

check_guests() {
    test_guests tests/guests
    build_guests tests/guests
}

check_host() {
    cargo build --release -p pegboard
    cargo test --release -p pegboard
}

# The server and every plugin that tests load, for a step that is run alone; built already, they take no time.
build_all() {
    build_guests plugins
    build_guests tests/guests
    cargo build --release --quiet -p pegboard
}

check_suite() {
    need bash bash
    need curl curl
    build_all
    # Each test has a server of its own, which has threads of its own.
    cargo test --manifest-path tests/Cargo.toml --target-dir target/tests --release -p pegboard-suite -- --test-threads 4
}

# The bundled plugins alone: the others offer tools of the same names.
bundled=$root/target/tests/bundled
collect_bundled() {
    local manifest
    rm -rf "$bundled"
    mkdir -p "$bundled"
    for manifest in plugins/*/Cargo.toml; do
        cp "$PEGBOARD_GUESTS_TARGET/wasm32-wasip2/release/$(basename "$(dirname "$manifest")").wasm" "$bundled"
    done
}

check_interop() {
    need python3 python3
    build_all
    collect_bundled
    tests/interop/run --plugins "$bundled"
}

check_claude() {
    need python3 python3
    # Debian has it where the paths of other users than root do not lead.
    local PATH=$PATH:/usr/sbin
    need nginx nginx
    need openssl openssl
    build_all
    collect_bundled
    tests/claude/run --plugins "$bundled"
}

check_conformance() {
    need python3 python3
    cargo build --release --quiet -p pegboard
    tests/conformance/run
}

# Nothing is measured or asserted here: the script must stay true.
check_bench() {
    need python3 python3
    need wrk wrk
    cargo test --manifest-path tests/Cargo.toml --target-dir target/tests --release --quiet \
        -p pegboard-bench-floor -p pegboard-bench-hostile -p pegboard-bench-load
    tests/bench/run --smoke
    build_guests tests/guests
    cargo run --manifest-path tests/Cargo.toml --target-dir target/tests --release --quiet -p pegboard-bench-hostile -- --smoke
}
