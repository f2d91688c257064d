"""Checks `runs` from outside: its requests, with a token, and its settings."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from fake_claude import FakeClaude, message, text, tool_results, tool_use
from harness import AGENT_TOKEN, Json, Workouts, clean_exit_on_sigterm, ok, python, user_token
from runs_server import Runs

NAME = "runs-api"
BODY = """{
  "prompt": "Your prompt here",
  "requestId": "%s",
  "systemPrompt": "optional system prompt override",
  "async": false,
  "metadata": {}
}"""


def use_connection_and_write(body: Json) -> Iterable[Json]:
    system = json.dumps(body.get("system"))
    assert "optional system prompt override" in system, system
    results = tool_results(body)
    if not results:
        fill = tool_use("toolu_1", "my-server__fill", {"name": "filled.bin", "size": 10})
        write = tool_use("toolu_2", "write_file", {"path": "file.txt", "content": "A file.", "encoding": "utf-8"})
        return message(fill, write, stop_reason="tool_use")
    assert not any(result.get("is_error") for result in results), results
    return message(text("Agent's response"))


def curl(url: str, *options: str) -> str:
    command = ["curl", "--silent", "--show-error", "--fail-with-body", *options, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (url, done.stdout, done.stderr)
    return done.stdout


def post(runs: Runs, path: str, body: str) -> Json:
    headers = ("-H", "Content-Type: application/json", "-H", f"Authorization: Bearer {user_token('ann')}")
    parsed: Json = json.loads(curl(f"{runs.url}{path}", "-X", "POST", *headers, "-d", body))
    return parsed


def check_prompt(runs: Runs, path: str, request_id: str) -> None:
    answered = post(runs, path, BODY % request_id)
    assert {"response", "files", "requestId", "trace"} <= answered.keys(), answered
    assert answered["response"] == "Agent's response" and answered["requestId"] == request_id, answered
    files = {file["name"]: file["url"] for file in answered["files"]}
    assert files.keys() == {"file.txt", "filled.bin"}, files
    # The document's URLs need no token either.
    assert curl(files["file.txt"]) == "A file.", files
    kinds = [entry["type"] for entry in answered["trace"]]
    assert kinds[0] == "started" and kinds[-1] == "completed", kinds
    assert kinds.count("tool_call") == kinds.count("tool_result") == 2, kinds
    ok(NAME, f"POST {path} answers with response, files, requestId and trace")

    named = f'"requestId": "{request_id}",\n  '
    later = post(runs, path, (BODY % request_id).replace(named, "").replace("false", "true"))
    assert later["status"] == "processing" and later["requestId"], later
    run = runs.json("GET", f"/runs/by-request/{later['requestId']}?wait=60")
    assert run["status"] == "completed" and run["response"] == "Agent's response", run
    read = runs.json("GET", f"/runs/{later['executionId']}?wait=60&trace=1")
    assert read["response"] == run["response"] and read["trace"], read
    ok(NAME, f"POST {path} with async answers at once, and the result can be fetched")


def check_monitoring(runs: Runs) -> None:
    assert json.loads(curl(f"{runs.url}/health"))["message"] == "service is healthy"
    metrics = curl(f"{runs.url}/metrics")
    assert 'runs_total{trigger="api",status="completed"} 4' in metrics, metrics
    ok(NAME, "GET /health and GET /metrics")


if __name__ == "__main__":
    clean_exit_on_sigterm()
    with (
        Workouts() as workouts,
        FakeClaude(use_connection_and_write) as claude,
        tempfile.TemporaryDirectory(prefix="interop-runs-") as directory,
    ):
        [command, *arguments] = python("folder_server.py")
        environment = {"GITHUB_TOKEN": "ghp_..."}
        Path(directory, "prompts").mkdir()
        Path(directory, "prompts", "user.md").write_text("Be brief.")
        settings = {
            "AGENT_MODEL": "claude-sonnet-4-20250514",
            "AGENT_TIMEOUT_MS": "300000",
            "MCP_CONNECTIONS": json.dumps({"my-server": {"command": command, "args": arguments, "env": environment}}),
            "PROMPTS_DIR": f"{directory}/prompts",
            "DATABASE_URL": f"sqlite:{directory}/runs.db",
            "FILES_URL": f"file:{directory}/files",
            "PROG_STRENGTH_MCP_URL": workouts.url,
            "PROG_STRENGTH_MCP_TOKEN": AGENT_TOKEN,
        }
        with Runs(claude.url, **settings) as runs:
            check_prompt(runs, "/webhook", "optional-request-id")
            check_prompt(runs, "/webhooks/prompt", "req-123")
            check_monitoring(runs)
            assert all("Be brief.\\n\\nYour prompt here" in json.dumps(body["messages"][0]) for body in claude.bodies)
            assert {body["model"] for body in claude.bodies} == {"claude-sonnet-4-20250514"}, claude.bodies[0]
            ok(NAME, "AGENT_MODEL, MCP_CONNECTIONS and prompts/user.md are used")
            assert runs.terminate() == 0
