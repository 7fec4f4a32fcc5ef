"""The rows of the table: each function measures, and says what should come out."""

import os
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guest import Echo
from mcp import Client, Listener, begin_session
from programs import Process, Programs, host_of, run, wrk
from server import Server

# A change of a plugin that is not seen after so long never will be.
SEEN_S = 60


@dataclass
class Row:
    what: str
    target: str
    measured: str
    ratio: str = ""
    note: str = ""


@dataclass
class Bench:
    """What all rows share."""

    programs: Programs
    wrk: str
    folder: Path
    seconds: int
    repeats: int
    smoke: bool

    def server(self) -> Server:
        server = Server(self.programs.server, self.folder)
        # Ready is to mean that all plugins are loaded, however long compiling them takes.
        (server.folder / "pegboard.toml").write_text("[loader]\nready_within_ms = 600000\n", encoding="utf-8")
        return server

    def echo_server(self) -> Server:
        server = self.server()
        server.put(self.programs.echo, "echo")
        return server

    def variants(self) -> "Variants":
        return Variants(Echo(self.programs.echo), self.folder)


class Variants:
    """Numbered from 1; no number is used twice in one run, so that none is compiled already."""

    used = 0

    def __init__(self, echo: Echo, folder: Path) -> None:
        self.echo = echo
        self.folder = folder

    def next(self) -> tuple[Path, str]:
        """A file, and the description by which its tool is known."""
        Variants.used += 1
        file = self.folder / f"variant-{Variants.used}.wasm"
        return self.echo.write(Variants.used, file), self.echo.description(Variants.used)


def ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"


def spread(samples: list[float]) -> str:
    return f"{ms(statistics.median(samples))} (longest of {len(samples)}: {ms(max(samples))})"


def modern(bench: Bench) -> Iterator[Row]:
    yield from throughput(bench, "modern", "0.25", session=False)


def legacy(bench: Bench) -> Iterator[Row]:
    yield from throughput(bench, "legacy session", "0.2", session=True)


def throughput(bench: Bench, era: str, target: str, session: bool) -> Iterator[Row]:
    with bench.echo_server() as server:
        server.start()
        with Client(server.url, begin_session(server.url) if session else None) as client:
            arguments = {"name": "echo", "arguments": {"text": "Hello, Pegboard!"}}
            reply = client.send("tools/call", arguments).read()
            if b'"text":"Hello, Pegboard!"' not in reply or b'"isError":false' not in reply:
                raise SystemExit(f"the echo answers {reply!r}")
            with Process([bench.programs.floor, str(len(reply))]) as floor:
                for connections, wanted in ((32, f"≥ {target} × floor"), (1, "")):
                    pairs = []
                    for _ in range(bench.repeats):
                        measure = [(url, client, connections, bench.seconds) for url in (floor.first_line, server.url)]
                        pairs.append([wrk(bench.wrk, *each) for each in measure])
                    yield from compared(f"echo, {era}, {connections} connection{'s' * (connections > 1)}", wanted, pairs)


def compared(what: str, target: str, pairs: list[list[dict]]) -> Iterator[Row]:
    def median(number, which: int) -> float:
        return statistics.median(number(pair[which]) for pair in pairs)

    def rate(one: dict) -> float:
        return one["requests"] / one["seconds"]

    ratio = statistics.median(rate(server) / rate(floor) for floor, server in pairs)
    failed = sum(one["failed"] for pair in pairs for one in pair)
    note = f"floor {median(rate, 0):,.0f}/s" + (f"; {failed} FAILED" if failed else "")
    yield Row(what, target, f"{median(rate, 1):,.0f}/s", f"{ratio:.3f}", note)
    times = [ms(median(lambda one, key=key: one[key], 1)) for key in ("p50_ms", "p99_ms")]
    floor = [ms(median(lambda one, key=key: one[key], 0)) for key in ("p50_ms", "p99_ms")]
    target = "p99 ≤ 2 ms" if not target else ""
    yield Row("  p50, p99", target, ", ".join(times), "", f"floor {', '.join(floor)}")


def call(bench: Bench) -> Iterator[Row]:
    command = ["cargo", "bench", "--profile", "release", "-p", "pegboard", "--bench", "call", "--"]
    samples = 10 if bench.smoke else 2000
    environment = os.environ | {"PEGBOARD_BENCH_PLUGIN": str(bench.programs.echo)}
    out = run([*command, "--sample-count", str(samples)], env=environment)
    # fastest │ slowest │ median │ mean │ samples │ iters
    row = next((line for line in out.splitlines() if "rust_echo" in line), "")
    columns = [column.strip() for column in row.split("│")]
    if len(columns) != 6:
        raise SystemExit(f"cargo bench said nothing of rust_echo:\n{out}")
    fastest = re.sub(r".*rust_echo\s+", "", columns[0])
    yield Row("instantiate + call + drop, Rust echo", "≤ 60 µs median", columns[2], "", f"fastest {fastest}, no HTTP")


def first_byte(bench: Bench) -> Iterator[Row]:
    each = 50
    with bench.server() as server:
        # Of one plugin 64 calls may run. Where several offer a tool's name, it is listed after its plugin.
        for plugin in ("probe", "sleeper", "spinner"):
            server.put(bench.programs.echo, plugin)
        server.start()
        tools = ["probe_slow", "probe_echo", "sleeper_sleep", "spinner_spin", str(each)]
        with Process([bench.programs.load, "first-byte", host_of(server.url), *tools]) as load:
            time.sleep(0.5 if bench.smoke else 9)
            said = load.finish()
    note = f"n {said['first_byte']['n']}"
    if said["refused"]:
        note += f"; {said['refused']} background calls REFUSED"
    under = f"while {each} sleep and {each} spin"
    for key, what, target in (
        ("first_byte", f"first byte of a stream {under}", "p99 ≤ 20 ms, never > 100 ms"),
        ("first_event", "  its first progress", ""),
        ("echo", "  an echo meanwhile", ""),
    ):
        found = said[key]
        yield Row(what, target, f"p99 {ms(found['p99'])}, longest {ms(found['max'])}", "", f"p50 {ms(found['p50'])}; {note}")


def drop(bench: Bench) -> Iterator[Row]:
    times = 1 if bench.smoke else 10
    variants = bench.variants()
    with bench.server() as server:
        server.start()
        with Client(server.url) as client, Listener(server.url) as listener:

            def until_listed(description: str | None) -> None:
                """By notification; another may have come before."""
                while description != client.tools().get("echo", {}).get("description"):
                    listener.until_changed()

            def timed(content: bytes, description: str) -> float:
                with (server.plugins / "echo.wasm").open("wb") as file:
                    file.write(content)
                closed = time.perf_counter()
                until_listed(description)
                elapsed = (time.perf_counter() - closed) * 1000
                server.remove("echo")
                until_listed(None)
                return elapsed

            compiled, cached = [], []
            for _ in range(times):
                file, description = variants.next()
                compiled.append(timed(file.read_bytes(), description))
                cached.append(timed(file.read_bytes(), description))
    yield Row("a plugin's file closed → listed, compiled", "≤ 300 ms", spread(compiled))
    yield Row("  from the cache", "≤ 100 ms", spread(cached))


def replace(bench: Bench) -> Iterator[Row]:
    times = 2 if bench.smoke else 20
    variants = bench.variants()
    with bench.echo_server() as server:
        server.start()
        with Process([bench.programs.load, "echo", host_of(server.url), "echo", "32"]) as load:
            with Client(server.url) as client:
                began = time.perf_counter()
                for number in range(times):
                    file, description = variants.next()
                    if number % 2:
                        server.put(file, "echo")
                    else:
                        (server.plugins / "echo.wasm").write_bytes(file.read_bytes())
                    until(lambda d=description: client.tools()["echo"]["description"] == d, "a replacement to be listed")
                each = (time.perf_counter() - began) / times
            said = load.finish()
    note = f"of {said['ok']['n'] + said['failed']:,}; by rename and in place; {each:.2f} s each"
    if said["failure"]:
        note += f"; {said['failure']}"
    yield Row(f"{times} replacements under 32 connections", "0 failed calls", f"{said['failed']} failed", "", note)


def until(condition, what: str) -> None:
    deadline = time.monotonic() + SEEN_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {SEEN_S} s in vain for {what}")
        time.sleep(0.005)


def start(bench: Bench) -> Iterator[Row]:
    plugins = 10 if bench.smoke else 100
    variants = bench.variants()
    with bench.server() as server:
        for number in range(plugins):
            server.put(variants.next()[0], f"echo-{number}")

        def timed() -> float:
            began = time.perf_counter()
            server.start(pause=0.001)
            return (time.perf_counter() - began) * 1000

        def all_listed() -> bool:
            with Client(server.url) as client:
                return sum(name.endswith("_echo") for name in client.tools()) == plugins

        compiling = timed()
        server.stop()
        ready = []
        for _ in range(1 if bench.smoke else 5):
            ready.append(timed())
            complete = all_listed()
            server.stop()
            if not complete:
                raise SystemExit(f"the server was ready before all its {plugins} plugins were listed")
    note = f"the first time, without a cache, {compiling / 1000:.1f} s"
    yield Row(f"start with {plugins} cached plugins → ready", "≤ 1 s" if plugins == 100 else "", spread(ready), "", note)


def memory(bench: Bench) -> Iterator[Row]:
    plugins = 10
    # The others are like echo: more than one, so that each tool is listed after its plugin.
    bundled = bench.programs.bundled[: plugins // 2]
    variants = bench.variants()
    with bench.server() as server:
        for file in bundled:
            server.put(file, file.stem)
        for number in range(plugins - len(bundled)):
            server.put(variants.next()[0], f"echo-{number}")
        # Once to compile them; what is measured is a start like any but the first.
        server.start()
        server.stop()
        server.start()
        time.sleep(0.2 if bench.smoke else 2)
        idle = resident(server.process.pid)
        with Process([bench.programs.load, "echo", host_of(server.url), "echo-0_echo", "32"]) as load:
            time.sleep(0.2 if bench.smoke else 2)
            load.finish()
        time.sleep(0.2 if bench.smoke else 2)
        after = resident(server.process.pid)
    note = f"{len(bundled)} bundled, {plugins - len(bundled)} like echo; after load of 32 connections {mb(after)}"
    yield Row("resident memory, idle, ten Rust plugins", "≤ 60 MB", mb(idle), "", note)


def resident(pid: int) -> dict[str, int]:
    """In bytes, by kind."""
    status = Path(f"/proc/{pid}/status").read_text()
    return {name: int(kilobytes) * 1024 for name, kilobytes in re.findall(r"(VmRSS|RssAnon|RssFile):\s+(\d+) kB", status)}


def mb(of: dict[str, int]) -> str:
    return f"{of['VmRSS'] / 1e6:.0f} MB ({of['RssAnon'] / 1e6:.0f} its own)"


ALL = {
    "modern": modern,
    "legacy": legacy,
    "call": call,
    "first-byte": first_byte,
    "drop": drop,
    "replace": replace,
    "start": start,
    "memory": memory,
}
