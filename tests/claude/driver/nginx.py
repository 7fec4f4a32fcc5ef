"""A real nginx in front of the server, set up as the README says."""

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

# Between two looks at whether it listens, and how often it is looked.
PAUSE_S = 0.05
LOOKS = 400
# Another program may take the port between it being found free and being listened on.
ATTEMPTS = 5


def readme_block(readme: Path) -> str:
    """What the README tells operators to write."""
    _, found, rest = readme.read_text(encoding="utf-8").partition("<!-- test:nginx -->\n```nginx\n")
    if not found:
        raise RuntimeError(f"{readme} has no block of nginx under the mark")
    return rest.split("```", 1)[0]


def replaced(text: str, pattern: str, by: str) -> str:
    """`text` with what must be there once in the place of what only the README can say."""
    changed, count = re.subn(pattern, by, text)
    if count != 1:
        raise RuntimeError(f"{pattern!r} is in the README's block {count} times, not once")
    return changed


class Nginx:
    """`with Nginx(folder, readme, name, backend) as nginx`: TLS for `name`, with a certificate of its own."""

    def __init__(self, folder: Path, readme: Path, name: str, backend: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nginx-", dir=folder))
        self.name = name
        self.backend = backend
        self.block = readme_block(readme)
        self.certificate = self.folder / "certificate.pem"
        self.key = self.folder / "key.pem"
        self.errors = self.folder / "error.log"
        self.process: subprocess.Popen | None = None
        self.port = 0

    def __enter__(self) -> "Nginx":
        self.make_certificate()
        for _ in range(ATTEMPTS):
            if self.start():
                return self
        raise RuntimeError(f"nginx does not start:\n{self.log()}")

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder)

    def log(self) -> str:
        return self.errors.read_text(encoding="utf-8", errors="replace") if self.errors.exists() else ""

    def make_certificate(self) -> None:
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-subj", f"/CN={self.name}", "-addext", f"subjectAltName=DNS:{self.name}", "-days", "2"]
        command += ["-keyout", str(self.key), "-out", str(self.certificate)]
        subprocess.run(command, check=True, capture_output=True)

    def settings(self) -> str:
        """The README's block as it is, but for the port, the certificate's files and where the server listens."""
        block = replaced(self.block, r"listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;")
        block = replaced(block, r"ssl_certificate +\S+;", f"ssl_certificate {self.certificate};")
        block = replaced(block, r"ssl_certificate_key +\S+;", f"ssl_certificate_key {self.key};")
        block = replaced(block, r"http://127\.0\.0\.1:8080;", f"{self.backend};")
        kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        temporary = "\n".join(f"{kind}_temp_path {self.folder / kind};" for kind in kinds)
        # Started by root its workers would be another user, who may not look into this folder.
        user = f"user {pwd.getpwuid(os.geteuid()).pw_name};" if os.geteuid() == 0 else ""
        return f"""
            daemon off;
            {user}
            worker_processes 1;
            pid {self.folder / "pid"};
            error_log {self.errors} notice;
            events {{ worker_connections 1024; }}
            http {{
                access_log off;
                {temporary}
                {block}
            }}
        """

    def start(self) -> bool:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        file = self.folder / "nginx.conf"
        file.write_text(self.settings(), encoding="utf-8")
        command = ["nginx", "-e", str(self.errors), "-p", str(self.folder), "-c", str(file)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        for _ in range(LOOKS):
            if self.process.poll() is not None:
                return False
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return True
            except OSError:
                time.sleep(PAUSE_S)
        return False
