"""Requests in the shape that Claude's connectors were seen to send."""

import http.client
import json
import socket
import ssl
from pathlib import Path

# Longer than anything here takes.
SILENCE_S = 60
LEGACY = "2025-11-25"
MODERN = "2026-07-28"
CLIENT = {"name": "claude-ai", "version": "0.1.0"}
USER_AGENT = "Claude-User"


class Connection(http.client.HTTPSConnection):
    """To a public name that is this machine."""

    def __init__(self, name: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(name, 443, context=context, timeout=SILENCE_S)
        self.real_port = port
        self.tls = context

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.real_port), timeout=SILENCE_S)
        self.sock = self.tls.wrap_socket(plain, server_hostname=self.host)


class Reply:
    """A status, headers, and a body that is read as it comes."""

    def __init__(self, connection: Connection, response: http.client.HTTPResponse) -> None:
        self.connection = connection
        self.response = response
        self.status = response.status
        self.session = response.headers.get("Mcp-Session-Id")

    def header(self, name: str) -> str | None:
        return self.response.headers.get(name)

    @property
    def is_stream(self) -> bool:
        return (self.header("Content-Type") or "").startswith("text/event-stream")

    def text(self) -> str:
        return self.response.read().decode()

    def frame(self) -> dict | None:
        """The next message of the stream, as soon as it is there; None at its end."""
        data = None
        while line := self.response.readline():
            line = line.decode().rstrip("\r\n")
            if line.startswith("data:"):
                data = line.removeprefix("data:").strip()
            elif not line and data:
                return json.loads(data)
        return None

    def message(self) -> dict:
        """The response; what comes before it on a stream is let go."""
        if not self.is_stream:
            return json.loads(self.text())
        while (frame := self.frame()) is not None:
            if "method" not in frame:
                return frame
        raise AssertionError("the stream ended without a response")

    def result(self) -> dict:
        message = self.message()
        if "result" not in message:
            raise AssertionError(f"status {self.status}: {message}")
        return message["result"]

    def close(self) -> None:
        self.connection.close()
        self.response.close()


class Connector:
    """Claude's connector for one server."""

    def __init__(self, name: str, port: int, certificate: Path) -> None:
        self.name = name
        self.port = port
        self.context = ssl.create_default_context(cafile=str(certificate))
        self.session: str | None = None
        self.ids = iter(range(1, 1_000_000))

    def send(self, method: str, path: str, headers: dict | None = None, body: str | None = None) -> Reply:
        """One request, on a connection of its own, as they come from many machines."""
        connection = Connection(self.name, self.port, self.context)
        sent = {"User-Agent": USER_AGENT, **(headers or {})}
        # Without `Accept-Encoding`, which http.client would add of its own.
        connection.putrequest(method, path, skip_host="Host" in sent, skip_accept_encoding=True)
        if body is not None:
            sent["Content-Length"] = str(len(body.encode()))
        for header, value in sent.items():
            connection.putheader(header, value)
        connection.endheaders(body.encode() if body is not None else None)
        return Reply(connection, connection.getresponse())

    def post(self, message: dict, headers: dict | None = None, path: str = "/mcp") -> Reply:
        """A message, with the headers of all its requests."""
        sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        return self.send("POST", path, sent | (headers or {}), json.dumps(message))

    def mirrored(self, method: str, params: dict) -> dict:
        """The headers of 2026-07-28, which it sends on older revisions too."""
        headers = {"Mcp-Method": method}
        if "name" in params:
            headers["Mcp-Name"] = params["name"]
        return headers

    def initialize(self, headers: dict | None = None) -> dict:
        """Begins a session, whose id the next requests have."""
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": CLIENT}
        message = {"jsonrpc": "2.0", "id": next(self.ids), "method": "initialize", "params": params}
        reply = self.post(message, self.mirrored("initialize", {}) | (headers or {}))
        self.session = reply.session
        result = reply.result()
        notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        accepted = self.post(notification, self.in_session() | self.mirrored("notifications/initialized", {}))
        assert accepted.status == 202, accepted.status
        return result

    def in_session(self) -> dict:
        headers = {"MCP-Protocol-Version": LEGACY}
        return headers | ({"Mcp-Session-Id": self.session} if self.session else {})

    def ask(self, method: str, params: dict, headers: dict | None = None, path: str = "/mcp") -> Reply:
        """A request in the session; `headers` take the place of the session's."""
        message = {"jsonrpc": "2.0", "id": next(self.ids), "method": method, "params": params}
        sent = self.in_session() if headers is None else headers
        return self.post(message, sent | self.mirrored(method, params), path)

    def modern(self, method: str, params: dict, header: str, client: dict, agent: str = USER_AGENT) -> Reply:
        """A request with the body of 2026-07-28, under any version header."""
        meta = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": client,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        message = {"jsonrpc": "2.0", "id": next(self.ids), "method": method, "params": params | {"_meta": meta}}
        headers = {"MCP-Protocol-Version": header, "User-Agent": agent}
        return self.post(message, headers | self.mirrored(method, params))

    def notify(self, method: str, params: dict) -> Reply:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        return self.post(message, self.in_session() | self.mirrored(method, {}))
