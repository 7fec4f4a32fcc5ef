#!/usr/bin/env bash
# Makes `cargo build --target wasm32-wasip2` possible, so that Rust plugins can be built.
#
#   scripts/rust-guest-target.sh [DIR]
#
# Standard output: the compiler to use, `RUSTC=…`; nothing where the normal one has the target already.
# Standard error: what it does, and what to do if it cannot be done.
#
# First it asks rustup. Where rustup cannot reach its server, Debian's packages serve: they hold the compiler and
# the sources of std, of which the target's std is built once into DIR (default: the user's cache). Nothing is
# installed: the packages are only unpacked there.
set -euo pipefail

target=wasm32-wasip2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/pegboard/rust-$target}

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "error: the Rust target $target cannot be had: $*"
    exit 1
}
has_target() { compgen -G "$("$1" --print target-libdir --target "$target" 2>/dev/null)/libcore-*.rlib" >/dev/null; }

command -v rustc >/dev/null || fail "there is no rustc; install Rust from https://rustup.rs, then try again"
if has_target rustc; then exit 0; fi

if command -v rustup >/dev/null; then
    say "Adding the Rust target $target with rustup"
    if env -u RUST_BACKTRACE rustup target add "$target" >&2 && has_target rustc; then exit 0; fi
    say "rustup could not add it; trying Debian's packages instead"
fi

# From here on: the private toolchain of Debian's packages.
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
    fail "rustup failed (see above), and this is not Debian or Ubuntu; connect to the network and run: rustup target add $target"
exec 9>"$dir/lock"
flock 9 # Another run may be building it just now.

compiler=$dir/bin/rustc
if [ -e "$dir/complete" ] && "$compiler" --version >/dev/null 2>&1 && has_target "$compiler"; then
    echo "$compiler"
    exit 0
fi

host=$(rustc -vV | sed -n 's/^host: //p')
linkers=$(rustc --print sysroot)/lib/rustlib/$host/bin
for tool in rust-lld wasm-component-ld; do
    [ -x "$linkers/$tool" ] || fail "this Rust toolchain has no $tool; install Rust from https://rustup.rs"
done
command -v ar >/dev/null || fail "there is no ar; install it: apt-get install binutils"

say "Fetching Debian's Rust compiler, the sources of std and the C library for WebAssembly"
apt=()
if [ "$(id -u)" = 0 ]; then
    apt=(-o APT::Sandbox::User=root) # Its own user may not be able to write into DIR.
    apt-get update -qq >&2 || say "apt-get update failed; going on with the lists that are there"
fi
version=$(apt-cache policy rustc-web | awk '/Candidate:/ { print $2 }')
[ -n "$version" ] && [ "$version" != "(none)" ] ||
    fail "rustup failed (see above), and apt knows no package rustc-web (run apt-get update as root?)"
std=libstd-rust-web-$(grep -oE '^[0-9]+\.[0-9]+' <<<"$version")
llvm=$(apt-cache show "$std" | grep -oE 'libllvm[0-9]+' | head -n 1)
rm -rf "${dir:?}"/{complete,bin,build,packages,root,stubs.o}
mkdir -p "$dir"/{bin,packages,root}
(cd "$dir/packages" && apt-get "${apt[@]}" download -qq rustc-web rust-web-src libstd-rust-web-dev "$std" "$llvm" wasi-libc >&2) ||
    fail "apt-get could not download Debian's packages of it (see above)"
for package in "$dir"/packages/*.deb; do dpkg -x "$package" "$dir/root"; done
rm -rf "$dir/packages"

usr=$dir/root/usr
libraries=$(dirname "$(find "$usr/lib" -maxdepth 2 -name 'librustc_driver-*.so' -print -quit)")
[ -n "$libraries" ] || fail "Debian's package $version of the compiler is not laid out as expected"
cat >"$compiler" <<SCRIPT
#!/bin/sh
LD_LIBRARY_PATH='$libraries'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH} exec '$usr/bin/rustc' "\$@"
SCRIPT
chmod +x "$compiler"

# rustup's own linkers: wasm-component-ld makes the component.
mkdir -p "$usr/lib/rustlib/$host/bin"
ln -sf "$linkers"/{rust-lld,wasm-component-ld} "$usr/lib/rustlib/$host/bin/"

say "Building std for $target (once, about a minute)"
library=$usr/lib/rustlib/$target/lib
mkdir -p "$library/self-contained"
sysroot=$(compgen -G "$usr/src/rustc-*/library/sysroot/Cargo.toml") || fail "Debian's package $version of std's sources is not laid out as expected"
env -u CARGO_ENCODED_RUSTFLAGS \
    RUSTC="$compiler" RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$dir/build" \
    RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes" \
    cargo build --release --locked --manifest-path "$sysroot" --target "$target" >&2 ||
    fail "std did not build (see above)"
cp "$dir/build/$target/release/deps/"*.rlib "$library/"
rm -f "$library"/libsysroot-*

# The C library: Debian's, and stubs for what it lacks.
cp "$usr"/lib/wasm32-wasi/{crt1-command.o,crt1-reactor.o,libc.a} "$library/self-contained/"
RUSTC_BOOTSTRAP=1 "$compiler" --edition 2024 --crate-type lib --crate-name stubs --target "$target" -O \
    -Cpanic=abort -Ccodegen-units=1 --emit obj="$dir/stubs.o" "$here/wasip2-libc-stubs.rs" >&2 ||
    fail "the stubs for the C library did not build (see above)"
ar rcS "$library/self-contained/libc.a" "$dir/stubs.o"

rm -rf "$dir/build" "$usr/src" "$dir/stubs.o"
has_target "$compiler" || fail "Debian's compiler does not find the std that was built for it in $library"
touch "$dir/complete"
say "Rust for $target is ready in $dir"
echo "$compiler"
