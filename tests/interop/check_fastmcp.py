"""Checks the agent with a real FastMCP server: identity, `_meta`, both answer modes, and a restart during a turn."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from fake_claude import FakeClaude, message, text, tool_results, tool_use, user
from harness import SIGNING_KEY, Agent, Json, WorkoutServer, clean_exit_on_sigterm, ok, user_token

# Input of a confused or hijacked model: another user's id, at the top level and nested.
SPOOF = {"user_id": "mallory"}
SQUATS = {"exercise_id": "squat", "sets": [{"reps": 5, "weight": 100, **SPOOF}], **SPOOF}
CALLS = [
    tool_use("toolu_list", "list_exercises", {"muscle_group": "chest", **SPOOF}),
    tool_use("toolu_create", "create_workout", {"exercises": [SQUATS], "name": "Legs", **SPOOF}),
    tool_use("toolu_read", "list_workouts", SPOOF),
]


def one_call_per_round(body: Json) -> Iterable[Json]:
    """Request CALLS one after the other, then answer with their results."""
    done = sum(1 for entry in body["messages"] if entry["role"] == "assistant")
    if done < len(CALLS):
        return message(text("One\nmoment.\n"), CALLS[done], stop_reason="tool_use")
    return message(text("Logged.\n"))


def keys(value: object) -> set[str]:
    """Every object key at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def check_identity(claude: FakeClaude, server: WorkoutServer, turns: dict[str, str]) -> None:
    """`turns` maps each user to the request id of the one turn they had."""
    for body in claude.bodies:
        assert {tool["name"] for tool in body["tools"]} == {call["name"] for call in CALLS}, body["tools"]
        assert "user_id" not in keys(body["tools"]), body["tools"]
        assert "mallory" not in json.dumps(body), body
        for sub in turns:
            assert f'"{sub}"' not in json.dumps(body), body
    calls = server.calls()
    assert "mallory" not in json.dumps(calls), calls
    for sub, request_id in turns.items():
        seen = [
            (call["tool"], call["user_id"], call["meta"]["fitness.progstrength/tool_use_id"])
            for call in calls
            if call["meta"]["fitness.progstrength/user_id"] == sub
            and call["meta"]["fitness.progstrength/request_id"] == request_id
        ]
        expected = [(call["name"], None if call["name"] == "list_exercises" else sub, call["id"]) for call in CALLS]
        assert seen == expected, (seen, expected)
    assert len(calls) == len(turns) * len(CALLS), calls


def check_results(claude: FakeClaude) -> None:
    """The tool results reached Claude, as text and not as an error."""
    results = [result for body in claude.bodies[: len(CALLS) + 1] for result in tool_results(body)]
    assert [result["tool_use_id"] for result in results] == [call["id"] for call in CALLS], results
    for result, expected in zip(results, ("push-up", "w1", "w1"), strict=True):
        assert not result.get("is_error") and expected in json.dumps(result["content"]), result


def check_same_turn(answer: Json, done: Json) -> None:
    """JSON and SSE come from the same loop, so the two users' turns differ in the request id alone."""
    for name in ("stop_reason", "model", "content", "messages", "usage"):
        assert answer[name] == done[name], (name, answer[name], done[name])
    assert answer["content"] == [{"type": "text", "text": "Logged.\n"}], answer["content"]


def check_restart(server: WorkoutServer) -> None:
    """The session is lost between two rounds: the write must be executed exactly once."""
    restarts = iter([server.restart])

    def restart_before_the_write(body: Json) -> Iterable[Json]:
        if len(tool_results(body)) == 1 and tool_results(body)[0]["tool_use_id"] == "toolu_list":
            next(restarts)()
        yield from one_call_per_round(body)

    with FakeClaude(restart_before_the_write) as claude, Agent(server.url, claude.url) as agent:
        agent.wait_ready()
        before = len(server.calls())
        answer = agent.chat([user("Log my squats")], sub="cleo", request_id="restarted")
        made = [call["tool"] for call in server.calls()[before:]]
        assert made == [call["name"] for call in CALLS], made
        assert next(restarts, None) is None, "the server was not restarted"
        check_results(claude)
        assert answer["stop_reason"] == "end_turn", answer
        assert agent.terminate() == 0


def who_am_i(body: Json) -> Iterable[Json]:
    """Request `whoami`, then answer with its result."""
    if results := tool_results(body):
        return message(text(results[0]["content"][0]["text"]))
    return message(tool_use("toolu_who", "whoami", {}), stop_reason="tool_use")


def check_forwarding(interpreter: str, mode: str) -> None:
    """A server that knows its users by the token of each request sees each caller's own, over the agent's one session."""
    with WorkoutServer(interpreter, (SIGNING_KEY, mode)) as server, FakeClaude(who_am_i) as claude:
        forward = {"PROG_STRENGTH_MCP_AUTH": "forward", "PROG_STRENGTH_MCP_TOKEN": user_token("the-agent")}
        with Agent(server.url, claude.url, **forward) as agent:
            agent.wait_ready()
            with ThreadPoolExecutor(8) as pool:
                subs = ["ann", "bea"] * 20
                answers = list(pool.map(lambda sub: agent.chat([user("Who am I?")], sub=sub), subs))
            told = [answer["content"][0]["text"] for answer in answers]
            assert told == subs, told
            assert "eyJ" not in agent.log(), agent.log()
            assert agent.terminate() == 0


def main(version: str, interpreter: str) -> None:
    name = f"fastmcp-{version}"
    with WorkoutServer(interpreter) as server:
        with FakeClaude(one_call_per_round) as claude, Agent(server.url, claude.url) as agent:
            ready = agent.wait_ready()
            assert ready["mcp"]["server"]["name"] == "workouts" and ready["mcp"]["tools"] == 3, ready
            answer = agent.chat([user("Log my squats")], sub="ann", request_id="turn-ann")
            events = agent.stream([user("Log my squats")], sub="bea", request_id="turn-bea")
            shown = [event.data["name"] for event in events if event.type == "tool_result"]
            assert shown == [call["name"] for call in CALLS], shown
            check_identity(claude, server, {"ann": "turn-ann", "bea": "turn-bea"})
            ok(name, "the server saw the token's user and our _meta, Claude saw no user id")
            check_results(claude)
            check_same_turn(answer, events[-1].data)
            ok(name, "results come back, and JSON and SSE say the same")
            assert agent.terminate() == 0
        check_restart(server)
        ok(name, "a restart in mid-turn is survived, and the write made once")
    for mode in ("reads", "stateless"):
        check_forwarding(interpreter, mode)
        ok(name, f"with forwarding, the server ({mode}) sees each caller's own token")


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main(sys.argv[1], sys.argv[2])
