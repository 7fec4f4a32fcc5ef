"""What a connector of Claude must find: each check is a sentence."""

import re
from pathlib import Path

from connector import CLIENT, LEGACY, MODERN, Connector

# Longer than any test: what comes before the end of such a pause came during it.
AN_HOUR_MS = 3_600_000
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
OTHER_CLIENT = {"name": "other", "version": "1"}


class Stage:
    """What the checks play on."""

    def __init__(self, server, name: str, port: int, certificate: Path, tools: set[str], echo: Path) -> None:
        self.server = server
        self.name = name
        self.port = port
        self.certificate = certificate
        # The tools that the README shows.
        self.tools = tools
        self.echo = echo

    def connector(self) -> Connector:
        return Connector(self.name, self.port, self.certificate)

    def begun(self) -> Connector:
        connector = self.connector()
        connector.initialize()
        return connector

    def with_echo(self) -> Connector:
        """In a session, with the tests' own plugin beside the bundled ones."""
        connector = self.begun()
        if not self.server.has("echo"):
            stream = listen(connector)
            self.server.put(self.echo, "echo")
            expect_change(stream)
            stream.close()
        return connector


def names(connector: Connector) -> set[str]:
    return {tool["name"] for tool in connector.ask("tools/list", {}).result()["tools"]}


def listen(connector: Connector):
    stream = connector.send("GET", "/mcp", connector.in_session() | {"Accept": "text/event-stream"})
    assert stream.status == 200 and stream.is_stream, stream.status
    return stream


def expect_change(stream) -> None:
    told = stream.frame()
    assert told and told["method"] == "notifications/tools/list_changed", told


def encode(connector: Connector, **how) -> None:
    result = connector.ask("tools/call", {"name": "base64_encode", "arguments": {"text": "Hello"}}, **how).result()
    assert result["content"][0]["text"] == "SGVsbG8=", result


def a_look_whether_something_is_there_finds_it(stage: Stage) -> None:
    connector = stage.connector()
    head = connector.send("HEAD", "/mcp")
    assert head.status == 200 and head.header("MCP-Protocol-Version") == MODERN, head.status
    assert connector.send("HEAD", "/mcp", {"User-Agent": "Ruby"}).status == 200
    assert connector.send("OPTIONS", "/mcp").status == 204


def a_search_for_authorization_finds_that_there_is_none(stage: Stage) -> None:
    connector = stage.connector()
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration",
        "/authorize",
        "/token",
        "/register",
    ]:
        reply = connector.send("GET", path)
        assert reply.status == 404, (path, reply.status)
        assert reply.header("WWW-Authenticate") is None, path


def a_session_is_begun_and_tools_are_found_and_called(stage: Stage) -> None:
    connector = stage.connector()
    result = connector.initialize()
    assert result["protocolVersion"] == LEGACY, result
    assert result["capabilities"]["tools"] == {"listChanged": True}, result
    assert connector.session, "it has an id"
    assert stage.tools <= names(connector), stage.tools - names(connector)
    encode(connector)
    assert connector.ask("prompts/list", {}).result() == {"prompts": []}
    assert connector.ask("resources/list", {}).result() == {"resources": []}


def a_slash_at_the_end_is_served_without_a_redirect(stage: Stage) -> None:
    connector = stage.begun()
    encode(connector, path="/mcp/")
    assert connector.send("HEAD", "/mcp/").status == 200


def every_bundled_tool_keeps_claudes_rules(stage: Stage) -> None:
    listed = {tool["name"]: tool for tool in stage.begun().ask("tools/list", {}).result()["tools"]}
    for name in stage.tools:
        tool = listed[name]
        assert TOOL_NAME.fullmatch(name), name
        assert tool.get("title") and tool.get("description"), tool
        hints = tool.get("annotations", {})
        assert "readOnlyHint" in hints or "destructiveHint" in hints, tool
        schema = tool["inputSchema"]
        assert schema["type"] == "object", tool
        assert not {"anyOf", "allOf", "oneOf"} & schema.keys(), tool
        dialect = tool.get("outputSchema", {}).get("$schema", "2020-12")
        assert "2020-12" in dialect, tool


def a_session_id_may_come_late_or_not_at_all(stage: Stage) -> None:
    connector = stage.begun()
    without = {"MCP-Protocol-Version": LEGACY}
    listed = connector.ask("tools/list", {}, headers=without).result()
    assert stage.tools <= {tool["name"] for tool in listed["tools"]}
    encode(connector, headers=without)
    encode(connector)
    # Nor the version.
    encode(connector, headers={})
    encode(connector, headers={"Mcp-Session-Id": connector.session})


def a_stale_session_is_told_so_and_a_new_one_is_begun_with_it(stage: Stage) -> None:
    connector = stage.begun()
    ended = connector.send("DELETE", "/mcp", connector.in_session())
    assert ended.status == 204, ended.status
    stale = connector.ask("tools/list", {})
    assert stale.status == 404 and stale.message()["error"]["code"] == -32001, stale.status
    old = connector.session
    connector.initialize(connector.in_session())
    assert connector.session != old
    encode(connector)


def a_session_for_each_call_is_served(stage: Stage) -> None:
    for _ in range(20):
        encode(stage.begun())


def a_modern_body_under_a_legacy_header_is_taken_from_claude_alone(stage: Stage) -> None:
    connector = stage.connector()
    for client, agent in [(CLIENT, "python"), (OTHER_CLIENT, "Claude-User"), (CLIENT, "Claude-User")]:
        listed = connector.modern("tools/list", {}, LEGACY, client, agent).result()
        assert listed["resultType"] == "complete" and len(listed["tools"]) >= len(stage.tools), len(listed["tools"])
        call = {"name": "base64_encode", "arguments": {"text": "Hello"}}
        called = connector.modern("tools/call", call, LEGACY, client, agent).result()
        assert called["content"][0]["text"] == "SGVsbG8=", called
    refused = connector.modern("tools/list", {}, LEGACY, OTHER_CLIENT, "python")
    error = refused.message()["error"]
    assert refused.status == 400 and error["code"] == -32020, error
    assert "compat.header_mismatch" in error["message"], error


def the_newest_revision_is_served_as_it_is(stage: Stage) -> None:
    connector = stage.connector()
    discovered = connector.modern("server/discover", {}, MODERN, CLIENT).result()
    assert MODERN in discovered["supportedVersions"] and LEGACY in discovered["supportedVersions"], discovered
    call = {"name": "base64_encode", "arguments": {"text": "Hello"}}
    called = connector.modern("tools/call", call, MODERN, CLIENT).result()
    assert called["content"][0]["text"] == "SGVsbG8=", called


def a_new_plugin_is_told_of_on_the_stream_of_the_session(stage: Stage) -> None:
    connector = stage.with_echo()
    stream = listen(connector)
    stage.server.remove("echo")
    expect_change(stream)
    assert "echo" not in names(connector)
    stage.server.put(stage.echo, "echo")
    expect_change(stream)
    assert "echo" in names(connector)
    stream.close()


def progress_arrives_while_the_tool_still_runs(stage: Stage) -> None:
    connector = stage.with_echo()
    call = {"name": "slow", "arguments": {"steps": 2, "delay_ms": AN_HOUR_MS}, "_meta": {"progressToken": "t"}}
    running = connector.ask("tools/call", call)
    assert running.is_stream and running.header("Content-Encoding") is None
    told = running.frame()
    assert told and told["params"] == {
        "progressToken": "t",
        "progress": 1,
        "total": 2,
        "message": "step 1 of 2",
    }, told
    # The tool is in its pause of an hour; others are called meanwhile, and then it is cancelled.
    encode(connector)
    other = connector.ask("tools/call", call)
    assert other.frame()["params"]["progress"] == 1
    last = next(connector.ids) - 1
    for sent in [last - 2, last]:
        assert connector.notify("notifications/cancelled", {"requestId": sent}).status == 202
    for stream in [running, other]:
        assert stream.frame() is None, "it ends without a response"


def a_result_that_claude_cuts_off_is_warned_of(stage: Stage) -> None:
    connector = stage.with_echo()
    text = "x" * 200_000
    result = connector.ask("tools/call", {"name": "echo", "arguments": {"text": text}}).result()
    assert result["content"][0]["text"] == text
    warned = [line for line in stage.server.read_log().splitlines() if "150000" in line]
    assert warned and "echo" in warned[0], warned


def another_name_for_this_machine_is_refused(stage: Stage) -> None:
    connector = stage.connector()
    for path in ["/mcp", "/mcp/"]:
        assert connector.send("HEAD", path, {"Host": "evil.example"}).status == 403, path
        assert connector.send("HEAD", path, {"Host": stage.name}).status == 200, path


CHECKS = [
    a_look_whether_something_is_there_finds_it,
    a_search_for_authorization_finds_that_there_is_none,
    a_session_is_begun_and_tools_are_found_and_called,
    a_slash_at_the_end_is_served_without_a_redirect,
    every_bundled_tool_keeps_claudes_rules,
    a_session_id_may_come_late_or_not_at_all,
    a_stale_session_is_told_so_and_a_new_one_is_begun_with_it,
    a_session_for_each_call_is_served,
    a_modern_body_under_a_legacy_header_is_taken_from_claude_alone,
    the_newest_revision_is_served_as_it_is,
    a_new_plugin_is_told_of_on_the_stream_of_the_session,
    progress_arrives_while_the_tool_still_runs,
    a_result_that_claude_cuts_off_is_warned_of,
    another_name_for_this_machine_is_refused,
]
