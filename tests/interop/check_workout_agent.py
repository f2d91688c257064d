"""Checks `serve` with `mcp`: both commands of the binary together, as deployed."""

from __future__ import annotations

import json
from collections.abc import Iterable

import httpx

from fake_claude import FakeClaude, message, text, tool_results, tool_use, user
from harness import AGENT_TOKEN, Agent, Json, Workouts, clean_exit_on_sigterm, ok, wait_until

SQUATS = {"exercise_id": "barbell-back-squat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}
# Input of a confused or hijacked model.
SPOOF = {"user_id": "ann"}


def log_and_read(body: Json) -> Iterable[Json]:
    """Log a workout if the user asks, list all of them, and answer with the results."""
    results = tool_results(body)
    asked_to_log = json.dumps(body["messages"][0]).count('"log"') == 1
    if asked_to_log and not results:
        return message(tool_use("toolu_log", "create_workout", {"exercises": [SQUATS]}), stop_reason="tool_use")
    if not results or results[0]["tool_use_id"] == "toolu_log":
        return message(tool_use("toolu_read", "list_workouts", SPOOF), stop_reason="tool_use")
    assert not results[0].get("is_error"), results
    return message(text(json.dumps(results[0]["content"])))


def check_right_token(server: Workouts) -> None:
    with (
        FakeClaude(log_and_read) as claude,
        Agent(server.url, claude.url, PROG_STRENGTH_MCP_TOKEN=AGENT_TOKEN) as agent,
    ):
        ready = agent.wait_ready()
        assert ready["mcp"]["server"]["name"] == "prog-strength-workouts" and ready["mcp"]["tools"] == 22, ready
        ok("workout agent", "/ready names the server and its 22 tools")

        [said] = agent.chat([user("log")], sub="ann")["content"]
        assert "Barbell Back Squat: 5 @ 100 kg" in said["text"], said
        [said] = agent.chat([user("read")], sub="bea")["content"]
        assert "no workouts" in said["text"], said
        assert "user_id" not in json.dumps([body["tools"] for body in claude.bodies]), claude.bodies
        ok("workout agent", "a chat logs and reads only its user's workouts")
        assert agent.terminate() == 0


def check_wrong_token(server: Workouts) -> None:
    with (
        FakeClaude(log_and_read) as claude,
        Agent(server.url, claude.url, PROG_STRENGTH_MCP_TOKEN=f"{AGENT_TOKEN}-not") as agent,
    ):
        wait_until("the refusal", lambda: "HTTP 401: check PROG_STRENGTH_MCP_TOKEN" in agent.log())
        ready = httpx.get(f"{agent.url}/ready")
        assert ready.status_code == 503, ready.text
        ok("workout agent", "with a wrong token the agent is not ready")
        assert agent.terminate() == 0


if __name__ == "__main__":
    clean_exit_on_sigterm()
    with Workouts() as workouts:
        check_right_token(workouts)
        check_wrong_token(workouts)
        assert workouts.terminate() == 0
