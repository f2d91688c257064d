"""Checks `mcp` with the official Python MCP client: over standard input and output, and over HTTP as the agent.

The client checks each structured result against the tool's own output schema. Both in sessions (`legacy`, 2025-11-25)
and without them (`auto`, which finds 2026-07-28).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import PromptReference, ResourceTemplateReference

from harness import AGENT_TOKEN, DEADLINE, Json, Workouts, clean_exit_on_sigterm, ok
from workout_client import client_of, http_client

TOOLS = 22
MODES = {"legacy": "2025-11-25", "auto": "2026-07-28"}
SETS = [{"reps": 5, "weight": 100.0, "unit": "kg"}, {"reps": 5, "weight": 102.5, "unit": "kg"}]
SQUATS: Json = {"exercises": [{"exercise_id": "barbell-back-squat", "sets": SETS}], "name": "Kniebeugen 🏋"}


async def answered(client: Client, tool: str, arguments: Json) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, (tool, result)
    assert result.structured_content is not None and result.content, (tool, result)
    return result.structured_content


async def check_all(client: Client, user: str | None) -> None:
    """Uses every feature; `user` is the user that an agent names."""
    named: Json = {} if user is None else {"user_id": user}
    meta: Any = None if user is None else {"fitness.progstrength/user_id": user}
    tools = (await client.list_tools()).tools
    assert len(tools) == TOOLS, [tool.name for tool in tools]
    assert all(tool.output_schema for tool in tools), tools
    shown = ["user_id" in tool.input_schema["properties"] for tool in tools if tool.name != "list_exercises"]
    assert set(shown) == {user is not None}, tools

    logged = (await answered(client, "create_workout", {**SQUATS, **named}))["workout"]
    workouts = (await answered(client, "list_workouts", named))["workouts"]
    assert [workout["id"] for workout in workouts] == [logged["id"]], (logged, workouts)
    assert workouts[0]["name"] == SQUATS["name"] and workouts[0]["exercises"][0]["sets"] == SETS, workouts
    # The other read-only tools: their results must match their schemas too.
    exercise = {"exercise": "back squat", **named}
    for tool, arguments in (
        ("list_exercises", {"muscle_group": "chest"}),
        ("get_exercise_history", exercise),
        ("analyze_progress", exercise),
        ("suggest_next_weight", {**exercise, "target_reps": 5}),
        ("check_volume_landmarks", named),
        ("list_plans", named),
        ("get_settings", named),
    ):
        await answered(client, tool, arguments)
    refused = await client.call_tool("get_exercise_history", {**exercise, "exercise": "nothing like it"})
    assert refused.is_error, refused

    assert len((await client.list_resources()).resources) == 3
    [template] = (await client.list_resource_templates()).resource_templates
    history = template.uri_template.replace("{exercise_name}", "barbell-back-squat")
    [content] = (await client.read_resource(history, meta=meta)).contents
    assert content.mime_type == "application/json" and "102.5" in json.dumps(json.loads(content.text)), content
    try:
        unknown = await client.read_resource("workout://nothing", meta=meta)
        raise AssertionError(unknown)
    except MCPError as error:
        assert error.error.data == {"uri": "workout://nothing"}, error

    prompts = {prompt.name for prompt in (await client.list_prompts()).prompts}
    assert prompts == {"suggest_deload", "weekly_review", "plan_my_week", "break_plateau"}, prompts
    prompt = await client.get_prompt("weekly_review", named)
    assert prompt.messages and "squat" in json.dumps([it.model_dump(mode="json") for it in prompt.messages]).lower()

    for ref, name in (
        (PromptReference(type="ref/prompt", name="break_plateau"), "exercise"),
        (ResourceTemplateReference(type="ref/resource", uri=template.uri_template), "exercise_name"),
    ):
        values = (await client.complete(ref, {"name": name, "value": "back sq"})).completion.values
        assert any("squat" in value.lower() for value in values), (ref, values)


def stdio_environment(folder: str) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:{folder}/workouts.db"}


async def check_stdio(mode: str) -> None:
    with tempfile.TemporaryDirectory(prefix="interop-stdio-") as folder:
        logs = Path(folder, "stderr")
        server = StdioServerParameters(
            command=os.environ["AGENT_BIN"], args=["mcp", "--stdio"], env=stdio_environment(folder), cwd=folder
        )
        with logs.open("w") as stderr:
            async with client_of(stdio_client(server, errlog=stderr), mode) as client:
                assert client.protocol_version == MODES[mode], client.protocol_version
                await check_all(client, user=None)
        lines = [json.loads(line) for line in logs.read_text().splitlines()]
        assert "create_workout" in [line.get("tool") for line in lines], lines
    ok(f"workout stdio {MODES[mode]}", "tools, resources, prompts and completion; logs on standard error")


def check_end_of_input() -> None:
    """Checks the bytes on standard output, and that the server exits when its input ends."""
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "interop", "version": "1"}}
    calls = [("create_workout", SQUATS), ("no_such_tool", {}), ("list_workouts", {"limit": 0}), ("list_workouts", {})]
    messages: list[Json] = [
        {"id": 0, "method": "initialize", "params": client},
        {"method": "notifications/initialized"},
        *(
            {"id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
            for number, (tool, arguments) in enumerate(calls, 1)
        ),
    ]
    with tempfile.TemporaryDirectory(prefix="interop-stdio-") as folder:
        done = subprocess.run(
            [os.environ["AGENT_BIN"], "mcp", "--stdio"],
            env=stdio_environment(folder),
            cwd=folder,
            input="".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
    assert done.returncode == 0, (done.returncode, done.stderr)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(message["jsonrpc"] == "2.0" for message in said), said
    assert sorted(message["id"] for message in said) == [0, *range(1, len(calls) + 1)], said
    assert done.stderr, "no logs"
    ok("workout stdio end", "the server exits when its input ends, after all answers, with no other output")


async def check_http(server: Workouts, mode: str) -> None:
    async with http_client(server.url, AGENT_TOKEN, mode) as client:
        assert client.protocol_version == MODES[mode], client.protocol_version
        await check_all(client, user=f"ann-{mode}")
        unnamed = await client.call_tool("list_workouts", {})
        assert unnamed.is_error, unnamed
    ok(f"workout http {MODES[mode]}", "the agent's token, for a user it names")


def main() -> None:
    for mode in MODES:
        anyio.run(check_stdio, mode)
    check_end_of_input()
    with Workouts() as server:
        for mode in MODES:
            anyio.run(check_http, server, mode)
        assert server.terminate() == 0


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main()
