"""`fastmcp`, built on the official client, with checks of its own: `fast.py URL MODE SCENARIO`."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import mcp_types as types
from fastmcp import Client
from mcp.client.subscriptions import listen

from scenario import MODES, run


class Fast:
    def __init__(self, url: str, mode: str) -> None:
        self.changed = asyncio.Event()
        # What is the default is left to the client.
        chosen = {} if mode == "auto" else {"mode": mode}
        self.client = Client(url, message_handler=self.on_message, **chosen)

    async def on_message(self, message: Any) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self.changed.set()

    def open(self) -> Client:
        return self.client

    async def agreed(self) -> tuple[str, str]:
        info = self.client.server_info
        return self.client.protocol_version or "none", info.name if info else ""

    async def tools(self) -> list[types.Tool]:
        return await self.client.list_tools()

    async def call(self, name: str, arguments: dict[str, Any], progress: Any = None) -> Any:
        return await self.client.call_tool(name, arguments, progress_handler=progress, raise_on_error=False)

    def listen(self) -> Any:
        # It has no method of its own for this; the session below it is the official one.
        return listen(self.client.session, tools_list_changed=True)


if __name__ == "__main__":
    url, mode, file = sys.argv[1:]
    how, version = MODES[mode]

    async def main() -> bool:
        return await run(Fast(url, how), json.loads(Path(file).read_text(encoding="utf-8")), version)

    sys.exit(0 if asyncio.run(main()) else 1)
