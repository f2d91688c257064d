"""Checks that the agent reads what the official Python SDKs read: each quirk of a server is shown to both.

The agent may be less kind than an SDK only where a case says why.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
from anthropic import AsyncAnthropic
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

import claude_quirks
import mcp_quirks
from fake_claude import FakeClaude, message, text, tool_results, tool_use, user
from harness import DEADLINE, Agent, Json, clean_exit_on_sigterm, ok, wait_until
from scripted_server import Case, ScriptedServer
from workout_client import client_of

PAGES = 5
AT_ONCE = 4


def word(block: Json) -> str:
    kind = str(block["type"])
    if kind == "tool_use":
        return f"{block['name']} {json.dumps(block['input'], ensure_ascii=False)}"
    return str(block[kind]) if kind in ("text", "thinking") else kind


def worded(blocks: Iterable[Json]) -> str:
    """The known blocks of a reply or a result. Python's strings can hold halves of surrogate pairs: they are joined."""
    words = [word(block) for block in blocks if block["type"] != claude_quirks.UNKNOWN["type"]]
    return " + ".join(words).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def cause(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__


# The official SDKs


async def names(client: Client) -> str:
    """The tools on all pages, which the client leaves to its user (and reads so itself, to find a tool)."""
    found: set[str] = set()
    cursor = None
    for _ in range(PAGES):
        page = await client.list_tools(cursor=cursor)
        found |= {tool.name for tool in page.tools}
        cursor = page.next_cursor
        if cursor is None:
            return " ".join(sorted(found))
    raise RecursionError("pages without end")


async def mcp_sdk(url: str) -> str:
    """The catalogue and the result of `echo`, or the step that fails."""
    step = "handshake"
    try:
        async with client_of(streamable_http_client(url), "legacy") as client:
            step = "tools/list"
            tools = await names(client)
            step = "tools/call"
            try:
                result = await client.call_tool("echo", {})
            except MCPError as error:
                if error.code != mcp_quirks.NO["code"]:
                    raise
                return f"{tools}: error {error.code}: {error.message}"
            return f"{tools}: {worded(block.model_dump() for block in result.content)}"
    except Exception as error:
        return f"{step}: {cause(error)}"


async def anthropic_sdk(url: str, history: Iterable[Json]) -> str:
    try:
        async with (
            AsyncAnthropic(api_key="an-interop-key", base_url=url) as client,
            client.messages.stream(model="claude-interop", max_tokens=100, messages=list(history)) as reply,  # type: ignore[arg-type]
        ):
            whole = await reply.get_final_message()
        return worded(block.model_dump(warnings=False) for block in whole.content)
    except Exception as error:
        return cause(error)


# The agent


def post(agent: Agent, path: str, history: Iterable[Json]) -> httpx.Response:
    return httpx.post(
        f"{agent.url}{path}", headers=agent.headers("ann"), json={"messages": list(history)}, timeout=DEADLINE
    )


def refused(answer: httpx.Response) -> str:
    return f"{answer.status_code} {answer.json()['code']}"


def call_echo(body: Json) -> Iterable[Json]:
    if tool_results(body):
        return message(text("Done."))
    return message(tool_use("toolu_1", "echo", {}), stop_reason="tool_use")


def wait_for_session(agent: Agent, case: Case) -> None:
    """Or, where there is none, for what the log says."""
    no_session = case.instead == mcp_quirks.NO_SESSION
    try:
        wait_until(
            "a session",
            lambda: (no_session and case.log in agent.log()) or httpx.get(f"{agent.url}/ready").status_code == 200,
            seconds=DEADLINE / 6,
        )
    except TimeoutError:
        pass  # the chat shows it


def with_mcp(url: str, case: Case) -> str:
    """The catalogue and the result of `echo` as Claude gets them."""
    with FakeClaude(call_echo) as claude, Agent(url, claude.url) as agent:
        wait_for_session(agent, case)
        answer = post(agent, "/chat", [user("Hi")])
        assert case.log in agent.log(), (case.situation, agent.log())
        if answer.status_code != 200:
            return refused(answer)
        tools = " ".join(sorted(tool["name"] for tool in claude.bodies[0].get("tools", [])))
        [result] = tool_results(claude.bodies[1])
        content = result["content"]
        words = content if isinstance(content, str) else worded(content)
        words = words.removeprefix("The tool server answered with ")
        assert result.get("is_error", False) == words.startswith(("error ", "outcome unknown")), result
        return f"{tools}: {words}"


def with_claude(url: str, case: Case) -> str:
    """The reply; its title is asked for too, and never fails."""
    with ScriptedServer(mcp_quirks.usual) as server, Agent(f"{server.url}/mcp", url) as agent:
        agent.wait_ready()
        answer = post(agent, "/chat", case.history)
        title = post(agent, "/title", case.history)
        assert case.log in agent.log(), (case.situation, agent.log())
        assert title.status_code == 200, title.text
        first: str = case.history[0]["content"]
        assert title.json()["title"] in (case.kind.split(" + ")[-1], first), (case.situation, title.text)
        if answer.status_code != 200:
            return refused(answer)
        turn = answer.json()
        # A call is in the first message of the turn, and no more in its last.
        blocks = [block for entry in turn["messages"][:1] for block in entry["content"]]
        is_call = any(block["type"] == "tool_use" for block in blocks)
        return worded(blocks if is_call else turn["content"])


# The comparison


def faults(case: Case, sdk: str, agent: str) -> Iterable[str]:
    if (sdk == case.kind) != case.sdk:
        yield f"the official client is recorded otherwise, and got {sdk!r}"
    if not case.reason and agent != case.kind:
        yield f"the agent got {agent!r}"
    if case.reason and not agent.startswith(case.instead):
        yield f"the agent got {agent!r} instead of {case.instead!r}: a reason that holds no more?"


def compared(peer: str, case: Case) -> tuple[str, list[str]]:
    """A line of the table, and what is wrong with it."""
    if peer == "mcp":
        with ScriptedServer(case.script(mcp_quirks.usual)) as server:
            url = f"{server.url}/mcp"
            sdk, agent = anyio.run(mcp_sdk, url), with_mcp(url, case)
    else:
        with ScriptedServer(case.script(claude_quirks.usual)) as server:
            sdk, agent = anyio.run(anthropic_sdk, server.url, case.history), with_claude(server.url, case)
    shown = ["copes" if outcome == case.kind else outcome[:34] for outcome in (sdk, agent)]
    why = f" ({case.reason})" if case.reason else ""
    line = f"{case.situation:<46} | {shown[0]:<27} | {shown[1]}{why}"
    return line, [f"{peer}, {case.situation}: {fault}" for fault in faults(case, sdk, agent)]


def main(chosen: str) -> None:
    cases = [("mcp", case) for case in mcp_quirks.CASES] + [("anthropic", case) for case in claude_quirks.CASES]
    cases = [(peer, case) for peer, case in cases if chosen in f"{peer}: {case.situation}"]
    print(f"   {'':<10} {'situation':<46} | {'official SDK':<27} | this agent")
    wrong: list[str] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for (peer, _), (line, found) in zip(cases, pool.map(lambda case: compared(*case), cases), strict=True):
            wrong += found
            if not found:
                ok(f"{peer:<9}", line)
    assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    clean_exit_on_sigterm()
    # The clients log what they do not understand.
    logging.disable(logging.CRITICAL)
    main(sys.argv[1] if len(sys.argv) > 1 else "")
