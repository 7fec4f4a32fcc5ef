"""The clients, and what each needs before it can run."""

import os
import shutil
from functools import cache
from pathlib import Path
from typing import Callable

from kept import node, npm_packages, npm_packages_with_node, run, virtual_environment

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent


class Client:
    """One client. Its command is run with URL, MODE and the scenario's file behind it, and with `STDIO_SERVER` in its
    environment: the command, as a JSON array, of a server over standard input and output with the same plugins.
    `without` are the steps of the scenario that it has no way to take."""

    def __init__(self, name: str, modes: list[str], prepare: Callable[[], list[str]], without: tuple = ()) -> None:
        self.name = name
        self.modes = modes
        self.prepare = prepare
        self.without = without
        self.command: list[str] = []

    def set_up(self) -> None:
        self.command = self.prepare()


@cache
def typescript() -> Path:
    """The folder with the scripts and the packages they use."""
    folder = npm_packages("interop-npm", HERE, "the TypeScript clients")
    # Packages are looked for beside and above a script, so the scripts go where the packages are.
    for script in (HERE / "typescript").glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def node_script(name: str) -> Callable[[], list[str]]:
    def prepare() -> list[str]:
        return [str(node() / "node"), str(typescript() / name)]

    return prepare


def python_script(name: str) -> Callable[[], list[str]]:
    def prepare() -> list[str]:
        requirements = (HERE / "requirements.txt").read_text()
        programs = virtual_environment("interop-python", requirements, "the Python clients")
        return [str(programs / "python"), "-B", str(HERE / "python" / name)]

    return prepare


def inspector() -> list[str]:
    # What it is made of wants 22.19.
    source = HERE / "inspector"
    node, folder = npm_packages_with_node("interop-inspector", source, "the MCP Inspector", 22)
    shutil.copy(source / "inspector.mjs", folder)
    return [str(node), str(folder / "inspector.mjs")]


@cache
def rust() -> list[str]:
    target = ROOT / "target/tests"
    cargo = os.environ.get("CARGO", "cargo")
    build = [cargo, "build", "--release", "--locked", "-p", "pegboard-interop"]
    run("the Rust client", [*build, "--manifest-path", ROOT / "tests/Cargo.toml", "--target-dir", target])
    return [str(target / "release/pegboard-interop")]


ALL = [
    Client("typescript-sdk-1.32", ["default", "sse", "stdio"], node_script("sdk.mjs")),
    Client("typescript-client-2.4", ["default", "auto", "pinned", "stdio", "stdio-auto"], node_script("client.mjs")),
    Client("python-mcp-2.3", ["default", "legacy", "pinned", "stdio"], python_script("official.py")),
    Client("python-fastmcp-4.1", ["default", "legacy", "pinned"], python_script("fast.py")),
    Client("rust-rmcp-3.11", ["default", "auto", "discover"], rust),
    Client("inspector-2.12", ["default", "auto", "modern"], inspector, without=("progress", "close")),
]
