"""What is built, run and ended again."""

import json
import os
import shutil
import subprocess
import sys
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from mcp import Client

ROOT = Path(__file__).resolve().parents[3]
# Longer than anything here takes; what says nothing for so long is given up.
WAIT_S = 120


@dataclass
class Programs:
    server: Path
    echo: Path
    bundled: list[Path]
    floor: Path
    load: Path


def run(command: list, **options) -> str:
    """Its output; a failure ends everything, with what it said."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-4000:]}{done.stdout[-1000:]}")
    return done.stdout


def guests_target() -> Path:
    return Path(os.environ.get("PEGBOARD_GUESTS_TARGET", ROOT / "target/guests"))


def build(server: Path | None) -> None:
    """Everything that is measured, and what measures it."""
    print("building; the first time this takes minutes", file=sys.stderr)
    if server is None:
        run(["cargo", "build", "--release", "-p", "pegboard"])
    tests = ["--manifest-path", "tests/Cargo.toml", "--target-dir", "target/tests"]
    run(["cargo", "build", "--release", *tests, "-p", "pegboard-bench-floor", "-p", "pegboard-bench-load"])
    compiler = run(["scripts/rust-guest-target.sh"]).strip() or "rustc"
    guests = ["--manifest-path", "tests/guests/Cargo.toml", "--target-dir", guests_target()]
    environment = os.environ | {"RUSTC": compiler}
    run(["cargo", "build", "--release", "--target", "wasm32-wasip2", *guests], env=environment)


def find(server: Path | None) -> Programs:
    tests = ROOT / "target/tests/release"
    programs = Programs(
        server=(server or ROOT / "target/release/pegboard").resolve(),
        echo=guests_target() / "wasm32-wasip2/release/echo.wasm",
        bundled=sorted((ROOT / "plugins").glob("*.wasm")),
        floor=tests / "pegboard-bench-floor",
        load=tests / "pegboard-bench-load",
    )
    for file in (programs.server, programs.echo, programs.floor, programs.load):
        if not file.is_file():
            raise SystemExit(f"{file} is not there; without --no-build it is built")
    return programs


def find_wrk() -> str:
    """wrk, from apt where it is not there and may be installed."""
    if not shutil.which("wrk") and shutil.which("apt-get") and os.geteuid() == 0:
        print("installing wrk with apt-get", file=sys.stderr)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "install", "-qq", "--no-install-recommends", "-y", "wrk"], env=environment)
    wrk = shutil.which("wrk")
    if not wrk:
        raise SystemExit("wrk is not installed, and throughput is measured with it; on Debian: apt-get install wrk")
    return wrk


class Process:
    """A program that says something on its first line, and is ended with the block."""

    def __init__(self, command: list) -> None:
        self.command = command

    def __enter__(self) -> "Process":
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.first_line = self.process.stdout.readline().strip()
        if not self.first_line:
            self.__exit__()
            raise SystemExit(f"{' '.join(map(str, self.command))} has not started (see above)")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def finish(self) -> dict:
        """Tells it to end, and gives its report."""
        self.process.stdin.close()
        report = self.process.stdout.readline()
        if self.process.wait(timeout=WAIT_S) != 0 or not report:
            raise SystemExit(f"{' '.join(map(str, self.command))} failed (see above)")
        return json.loads(report)


def host_of(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc


def wrk(program: str, url: str, client: Client, connections: int, seconds: int) -> dict:
    """Echoes for so long; `client` says with which request."""
    body, headers = client.request("tools/call", {"name": "echo", "arguments": {"text": "Hello, Pegboard!"}})
    options = ["--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    script = Path(__file__).resolve().parent.parent / "post.lua"
    words = [word for pair in headers.items() for word in pair]
    out = run([program, *options, "--script", script, url, "--", body, *words])
    return json.loads(out.strip().splitlines()[-1])
