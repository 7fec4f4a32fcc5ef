"""What a Python client goes through. `mcp` and `fastmcp` share it; what differs between them is in `Subject`.

One line of JSON on stdout for each step: {"step", "ok", "detail"}. {"do": "drop"} asks the driver to put another
plugin in place, {"do": "remove"} to take it away again. The driver also ends a client that says nothing for too long.
"""

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

import mcp_types as types
from mcp import MCPError
from mcp.client.subscriptions import ToolsListChanged

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
# What the clients call their modes, and the version each must come to.
MODES = {"default": ("auto", MODERN), "legacy": ("legacy", LEGACY), "pinned": (MODERN, MODERN), "stdio": ("auto", MODERN)}


class Subject(Protocol):
    """A client under test."""

    changed: asyncio.Event

    def open(self) -> Any: ...
    async def agreed(self) -> tuple[str, str]: ...
    async def tools(self) -> list[types.Tool]: ...
    async def call(self, name: str, arguments: dict[str, Any], progress: Any = None) -> types.CallToolResult: ...
    def listen(self) -> Any: ...


def say(**line: Any) -> None:
    print(json.dumps(line), flush=True)


def must(condition: bool, otherwise: str) -> None:
    if not condition:
        raise AssertionError(otherwise)


def innermost(error: BaseException) -> str:
    """What went wrong, without the groups that tasks wrap around it."""
    while len(within := getattr(error, "exceptions", ())) == 1:
        error = within[0]
    return f"{type(error).__name__}: {error}"


def text(result: types.CallToolResult) -> str:
    return "".join(content.text for content in result.content if isinstance(content, types.TextContent))


class Steps:
    """Runs them, and says how each went."""

    def __init__(self) -> None:
        self.ok = True

    async def take(self, name: str, does: Any) -> None:
        try:
            detail = await does
        except Exception as error:  # whatever the client throws is its verdict on the server
            self.ok = False
            say(step=name, ok=False, detail=innermost(error))
        else:
            say(step=name, ok=True, detail=detail or "")


async def run(subject: Subject, scenario: dict[str, Any], version: str) -> bool:
    steps = Steps()
    async with AsyncExitStack() as stack:

        async def connected() -> str:
            await stack.enter_async_context(subject.open())
            return await connect(subject, scenario, version)

        await steps.take("connect", connected())
        if steps.ok:
            for name, does in STEPS.items():
                await steps.take(name, does(subject, scenario))
            await steps.take("close", stack.aclose())
    return steps.ok


async def connect(subject: Subject, scenario: dict[str, Any], version: str) -> str:
    agreed, server = await subject.agreed()
    must(agreed == version, f"{version} was expected to be agreed on, not {agreed}")
    # Without a probe there was nobody to say it.
    must(server in (scenario["server"], ""), f"the server calls itself {server}")
    return agreed


async def listing(subject: Subject, scenario: dict[str, Any]) -> str:
    tools = await subject.tools()
    names = {tool.name for tool in tools}
    missing = [name for name in scenario["listed"] if name not in names]
    must(not missing, f"not listed: {missing}")
    whole = all(tool.description and tool.input_schema.get("type") == "object" for tool in tools)
    must(whole, "a tool without description or schema")
    return f"{len(tools)} tools"


async def call(subject: Subject, scenario: dict[str, Any]) -> None:
    wanted = scenario["call"]
    result = await subject.call(wanted["name"], wanted["arguments"])
    must(not result.is_error and text(result) == wanted["text"], f"not echoed: {result}")


async def structured(subject: Subject, scenario: dict[str, Any]) -> None:
    wanted = scenario["structured"]
    result = await subject.call(wanted["name"], wanted["arguments"])
    must(result.structured_content == wanted["content"], f"the result is {result}")


async def progress(subject: Subject, scenario: dict[str, Any]) -> str:
    wanted, other = scenario["progress"], scenario["call"]
    seen: list[str] = []
    meanwhile: list[asyncio.Task[None]] = []

    async def another_call() -> None:
        await subject.call(other["name"], other["arguments"])
        seen.append("another call")

    async def on_progress(done: float, total: float | None, _message: str | None) -> None:
        seen.append(f"{done:g}/{total:g}")
        # Streamed, not handed over at the end: another call is answered before this one is.
        if not meanwhile:
            meanwhile.append(asyncio.create_task(another_call()))

    result = await subject.call(wanted["name"], wanted["arguments"], on_progress)
    seen.append("result")
    await asyncio.gather(*meanwhile)
    must(text(result) == wanted["text"], f"the result is {result}")
    order = " ".join(event for event in seen if event != "another call")
    must(order == wanted["seen"], f"seen: {seen}")
    must(seen.index("another call") < seen.index("result"), f"seen: {seen}")
    return " ".join(seen)


def error_result(step: str) -> Any:
    async def does(subject: Subject, scenario: dict[str, Any]) -> str:
        wanted = scenario[step]
        result = await subject.call(wanted["name"], wanted["arguments"])
        must(result.is_error is True, f"no error: {result}")
        absent = [part for part in wanted["says"] if part not in text(result)]
        must(not absent, f"{absent} not in: {text(result)}")
        return text(result)

    return does


async def unknown_tool(subject: Subject, scenario: dict[str, Any]) -> str:
    wanted = scenario["unknown-tool"]
    try:
        result = await subject.call(wanted["name"], wanted["arguments"])
    except MCPError as error:
        must(error.error.code == wanted["code"], f"the error is {error.error.code}: {error.error.message}")
        must(wanted["name"] in error.error.message, f"it is not named in: {error.error.message}")
        return error.error.message
    raise AssertionError(f"an answer: {result}")


@asynccontextmanager
async def changes(subject: Subject, legacy: bool):
    """Gives a function that waits for the next change of the list, however this revision tells it."""
    if legacy:

        async def told() -> None:
            await subject.changed.wait()
            subject.changed.clear()

        subject.changed.clear()
        yield told
        return
    async with subject.listen() as subscription:

        async def next_event() -> None:
            must(isinstance(await anext(subscription), ToolsListChanged), "another event than was asked for")

        yield next_event


async def listed(subject: Subject, scenario: dict[str, Any]) -> bool:
    return any(tool.name == scenario["dropped"]["name"] for tool in await subject.tools())


async def after_a_change(subject: Subject, scenario: dict[str, Any], do: str, wanted: bool) -> None:
    """Has the driver do it, and looks at the list when told that it changed, not before."""
    agreed, _ = await subject.agreed()
    async with changes(subject, agreed == LEGACY) as change:
        say(do=do)
        while True:
            await change()
            if await listed(subject, scenario) == wanted:
                return


async def hot_drop(subject: Subject, scenario: dict[str, Any]) -> None:
    wanted = scenario["dropped"]
    must(not await listed(subject, scenario), f"{wanted['name']} is there already")
    await after_a_change(subject, scenario, "drop", True)
    result = await subject.call(wanted["name"], wanted["arguments"])
    must(text(result) == wanted["text"], f"the result is {result}")


async def hot_removal(subject: Subject, scenario: dict[str, Any]) -> None:
    await after_a_change(subject, scenario, "remove", False)


STEPS = {
    "list": listing,
    "call": call,
    "structured": structured,
    "progress": progress,
    "bad-arguments": error_result("bad-arguments"),
    "failing-tool": error_result("failing-tool"),
    "unknown-tool": unknown_tool,
    "hot-drop": hot_drop,
    "hot-removal": hot_removal,
}
