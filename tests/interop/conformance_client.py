"""The client command of the MCP conformance suite: the agent, scripted to use every tool of the suite.

`conformance_client.py SERVER_URL`; exit 0 says only that the agent did its turn, the suite judges what it saw.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from fake_claude import FakeClaude, message, text, tool_results, tool_use, user
from harness import Agent, Json, clean_exit_on_sigterm

SAMPLES: Json = {"string": "x", "integer": 2, "number": 2, "boolean": True, "array": [], "object": {}}


def minimal_input(schema: Json) -> Json:
    """A value for each declared property; the suite's schemas are flat."""
    return {name: SAMPLES[prop["type"]] for name, prop in schema.get("properties", {}).items()}


def use_every_tool(body: Json) -> Iterable[Json]:
    if not body.get("tools") or tool_results(body):
        return message(text("Done.\n"))
    calls = [
        tool_use(f"toolu_{index}", tool["name"], minimal_input(tool["input_schema"]))
        for index, tool in enumerate(body["tools"])
    ]
    return message(*calls, stop_reason="tool_use")


def main(server_url: str) -> None:
    with FakeClaude(use_every_tool) as claude, Agent(server_url, claude.url) as agent:
        agent.wait_ready()
        answer = agent.chat([user("Use your tools")])
        assert answer["stop_reason"] == "end_turn", answer
        assert (status := agent.terminate()) == 0, status


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main(sys.argv[-1])
