"""`mcp`, the official client: `official.py URL MODE SCENARIO`."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from scenario import MODES, run


class Official:
    def __init__(self, server: str | StdioServerParameters, mode: str) -> None:
        self.changed = asyncio.Event()
        # What is the default is left to the client.
        chosen = {} if mode == "auto" else {"mode": mode}
        self.client = Client(server, message_handler=self.on_message, **chosen)

    async def on_message(self, message: Any) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self.changed.set()

    def open(self) -> Client:
        return self.client

    async def agreed(self) -> tuple[str, str]:
        info = self.client.server_info
        return self.client.protocol_version, info.name if info else ""

    async def tools(self) -> list[types.Tool]:
        return (await self.client.list_tools()).tools

    async def call(self, name: str, arguments: dict[str, Any], progress: Any = None) -> types.CallToolResult:
        return await self.client.call_tool(name, arguments, progress_callback=progress)

    def listen(self) -> Any:
        return self.client.listen(tools_list_changed=True)


if __name__ == "__main__":
    url, mode, file = sys.argv[1:]
    how, version = MODES[mode]
    command, *arguments = json.loads(os.environ["STDIO_SERVER"])
    server = StdioServerParameters(command=command, args=arguments) if mode == "stdio" else url

    async def main() -> bool:
        return await run(Official(server, how), json.loads(Path(file).read_text(encoding="utf-8")), version)

    sys.exit(0 if asyncio.run(main()) else 1)
