"""What a process holds: memory, connections and other descriptors. Linux only: it is read from /proc."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

# How long what was closed may take to be gone.
SETTLE_S = 30
# By how much memory may differ: freed memory is not given back at once, nor all of it, and sessions and tasks are kept
# for their time. Ten runs have 2,800 scenarios, so that a session or a stream that is never given back shows.
SLACK_KIB = 8 * 1024


@dataclass(frozen=True)
class Footprint:
    sockets: int
    descriptors: int
    resident_kib: int

    def grown(self, start: "Footprint") -> list[str]:
        """What is more than it was at the start."""
        grown = []
        if self.sockets > start.sockets:
            grown.append(f"{self.sockets} sockets are open, at the start it was {start.sockets}")
        if self.descriptors > start.descriptors:
            grown.append(f"{self.descriptors} descriptors are open, at the start it was {start.descriptors}")
        if self.resident_kib > start.resident_kib + SLACK_KIB:
            grown.append(f"{self.resident_kib} KiB are resident, at the start it was {start.resident_kib} KiB")
        return grown

    def __str__(self) -> str:
        return f"{self.sockets} sockets, {self.descriptors} descriptors, {self.resident_kib} KiB"


def can_be_read() -> bool:
    return Path("/proc/self/status").exists()


def of(pid: int) -> Footprint:
    links = []
    for descriptor in os.scandir(f"/proc/{pid}/fd"):
        try:
            links.append(os.readlink(descriptor.path))
        except FileNotFoundError:
            pass  # closed meanwhile
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    resident = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return Footprint(sum(link.startswith("socket:") for link in links), len(links), int(resident))


def settled(pid: int, start: Footprint | None = None) -> Footprint:
    """Once nothing is more than at the start, or no connection is left; or as it is when the time is up."""
    deadline = time.monotonic() + SETTLE_S
    before = of(pid)
    while time.monotonic() < deadline:
        time.sleep(0.25)
        now = of(pid)
        if not now.grown(start) if start else now == before:
            return now
        before = now
    return before
