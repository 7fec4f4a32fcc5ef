"""The real binary as a process, and with a drop directory of its own."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

# Compiling all plugins for the first time, on a slow machine with much else to do.
READY_S = 300


class Running:
    """A server's process: it is ready once `launch` returns, and is ended by `stop`."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen | None = None
        self.url = ""

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def launch(self, command: list, pause: float = 0.05, **options: object) -> None:
        """Its first line is the URL; then asks whether its plugins are loaded, after each `pause`."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, **options)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(f"the server has not started:\n{self.read_log()}")
        # Nothing more is expected there; what comes must not fill the pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.until_ready(pause)

    def until_ready(self, pause: float) -> None:
        url = self.url.removesuffix("/mcp") + "/readyz"
        deadline = time.monotonic() + READY_S
        while True:
            try:
                with urllib.request.urlopen(url, timeout=10):
                    return
            except urllib.error.HTTPError as error:
                if error.code != 503 or time.monotonic() > deadline:
                    raise RuntimeError(f"the server does not get ready: {error}\n{self.read_log()}") from error
            time.sleep(pause)

    def read_log(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def until_logged(self, text: str) -> None:
        deadline = time.monotonic() + READY_S
        while text not in self.read_log():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server does not log {text!r}:\n{self.read_log()}")
            time.sleep(0.05)

    def stop(self) -> str:
        """Ends it, and gives what it logged."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.read_log() if self.log.exists() else ""


class Server(Running):
    """`with Server(binary, folder) as server`; compiled plugins are kept in `folder` from one to the next."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary = binary
        self.folder = Path(tempfile.mkdtemp(prefix="server-", dir=folder))
        super().__init__(self.folder / "log")
        self.plugins = self.folder / "plugins"
        self.plugins.mkdir()
        self.cache = folder / "compiled"
        self.cache.mkdir(mode=0o700, exist_ok=True)

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def put(self, file: Path, plugin: str) -> None:
        """By rename, as one who knows does it."""
        half = self.plugins / f".{plugin}.wasm.half"
        shutil.copyfile(file, half)
        os.replace(half, self.plugins / f"{plugin}.wasm")

    def remove(self, plugin: str) -> None:
        (self.plugins / f"{plugin}.wasm").unlink()

    def has(self, plugin: str) -> bool:
        return (self.plugins / f"{plugin}.wasm").exists()

    def start(self, pause: float = 0.05, flags: Sequence[str] = ()) -> None:
        """Until the plugins that are there are loaded."""
        # Settings of the person at the keyboard must not decide about tests.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PEGBOARD_")}
        command = [self.binary, "serve", "--listen", "127.0.0.1:0", "--plugins", self.plugins, "--cache-dir", self.cache]
        self.launch([*command, *flags], pause, cwd=self.folder, env=environment)
