"""Many plugins of one: the echo of tests/guests, each with a description of its own."""

from pathlib import Path

# In the description of its tool `echo`.
DESCRIPTION = b"Returns the text it was given."


class Echo:
    def __init__(self, file: Path) -> None:
        self.bytes = file.read_bytes()
        if DESCRIPTION not in self.bytes:
            raise SystemExit(f"{file} does not hold {DESCRIPTION.decode()!r}, of which its variants are made")

    def description(self, number: int) -> str:
        return f"Returns the text, version {number:04}"

    def variant(self, number: int) -> bytes:
        """Other bytes, so that they are compiled anew, and another listing, so that it can be told which is served."""
        description = self.description(number).encode()
        assert len(description) == len(DESCRIPTION), "nothing in the file may move"
        return self.bytes.replace(DESCRIPTION, description)

    def write(self, number: int, file: Path) -> Path:
        file.write_bytes(self.variant(number))
        return file
