"""A client of few words: enough to ask, to listen, and to tell wrk what to send."""

import http.client
import json
import urllib.parse

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
WAIT_S = 60


def parse(body: bytes) -> dict:
    """The message in a reply, be it JSON or the last event of a stream."""
    text = body.decode()
    if text.startswith("{"):
        return json.loads(text)
    data = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    if not data:
        raise RuntimeError(f"there is no event in {text[:200]!r}")
    return json.loads(data[-1])


class Client:
    """One connection. `session`: the id of a legacy session; without it every request is a modern one."""

    def __init__(self, url: str, session: str | None = None) -> None:
        parts = urllib.parse.urlsplit(url)
        self.path = parts.path
        self.session = session
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=WAIT_S)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def request(self, method: str, params: dict) -> tuple[str, dict[str, str]]:
        """Body and headers."""
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if self.session:
            headers |= {"MCP-Protocol-Version": LEGACY, "Mcp-Session-Id": self.session}
        elif method != "initialize":
            headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
            if "name" in params:
                headers["Mcp-Name"] = params["name"]
            meta = {
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            }
            params = params | {"_meta": meta}
        return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}), headers

    def send(self, method: str, params: dict) -> http.client.HTTPResponse:
        body, headers = self.request(method, params)
        self.connection.request("POST", self.path, body, headers)
        response = self.connection.getresponse()
        if response.status != 200:
            raise RuntimeError(f"{method}: {response.status} {response.read()[:200]!r}")
        return response

    def ask(self, method: str, params: dict | None = None) -> dict:
        answer = parse(self.send(method, params or {}).read())
        if "result" not in answer:
            raise RuntimeError(f"{method}: {answer}")
        return answer["result"]

    def tools(self) -> dict[str, dict]:
        """All pages of `tools/list`, by name."""
        found: dict[str, dict] = {}
        params: dict = {}
        while True:
            page = self.ask("tools/list", params)
            found |= {tool["name"]: tool for tool in page["tools"]}
            if "nextCursor" not in page:
                return found
            params = {"cursor": page["nextCursor"]}


def begin_session(url: str) -> str:
    """The id of a legacy session."""
    with Client(url) as client:
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
        response = client.send("initialize", params)
        session = response.getheader("Mcp-Session-Id")
        if not session:
            raise RuntimeError(f"initialize began no session: {response.read()[:200]!r}")
        return session


class Listener:
    """Hears of changed tools on a stream."""

    def __init__(self, url: str) -> None:
        self.client = Client(url)
        self.stream = self.client.send("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        self.until("notifications/subscriptions/acknowledged")

    def until(self, method: str) -> None:
        while line := self.stream.readline():
            if line.startswith(b"data: ") and json.loads(line[6:]).get("method") == method:
                return
        raise RuntimeError(f"the stream ended before {method}")

    def until_changed(self) -> None:
        self.until("notifications/tools/list_changed")

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
        self.client.connection.close()
