"""Checks `mcp` with the command line of the MCP inspector, as a user: `check_workout_inspector.py NODE INSPECTOR`."""

from __future__ import annotations

import json
import subprocess
import sys

from harness import DEADLINE, Json, Workouts, clean_exit_on_sigterm, ok, user_token

SETS = [{"reps": 5, "weight": 100, "unit": "kg"}]
SQUATS = {"exercise_id": "barbell-back-squat", "sets": SETS}


class Inspector:
    def __init__(self, node: str, script: str, url: str) -> None:
        header = f"Authorization: Bearer {user_token('ann')}"
        self._command = [node, script, "--cli", url, "--transport", "http", "--header", header]

    def __call__(self, method: str, *arguments: str) -> Json:
        done = subprocess.run(
            [*self._command, "--method", method, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == 0, (method, done.stdout, done.stderr)
        answer: Json = json.loads(done.stdout)
        return answer

    def call(self, tool: str, **arguments: object) -> Json:
        given = (f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in arguments.items())
        result = self("tools/call", "--tool-name", tool, *(part for each in given for part in ("--tool-arg", each)))
        assert not result.get("isError"), (tool, result)
        structured: Json = result["structuredContent"]
        return structured


def main(node: str, script: str) -> None:
    with Workouts() as server:
        inspect = Inspector(node, script, server.url)
        tools = {tool["name"]: tool for tool in inspect("tools/list")["tools"]}
        assert len(tools) == 22, tools.keys()
        assert not any("user_id" in tool["inputSchema"]["properties"] for tool in tools.values()), tools
        uris = [resource["uri"] for resource in inspect("resources/list")["resources"]]
        assert "workout://exercises/catalog" in uris, uris
        templates = inspect("resources/templates/list")["resourceTemplates"]
        assert [template["name"] for template in templates] == ["Exercise history"], templates
        prompts = {prompt["name"] for prompt in inspect("prompts/list")["prompts"]}
        assert "weekly_review" in prompts, prompts
        ok("workout inspector", f"lists {len(tools)} tools, {len(uris)} resources, {len(prompts)} prompts")

        found = inspect.call("list_exercises", muscle_group="chest", query="bench press")["exercises"]
        assert "barbell-bench-press" in [exercise["id"] for exercise in found], found
        logged = inspect.call("create_workout", exercises=[SQUATS], name="Legs")["workout"]
        [listed] = inspect.call("list_workouts", limit=5)["workouts"]
        assert listed == logged and listed["exercises"][0]["sets"] == SETS, (listed, logged)
        ok("workout inspector", "finds an exercise, logs a workout and reads it back")
        assert server.terminate() == 0


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main(sys.argv[1], sys.argv[2])
