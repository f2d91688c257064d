"""Checks the OpenAPI documents: valid, and both servers answer generated requests as described.

The agent describes itself at /openapi.json. The workout server has no such document, for MCP is its interface:
`workout_openapi.json` beside this file describes what HTTP sees of it.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from fake_claude import FakeClaude, message, text
from harness import AGENT_TOKEN, HERE, Agent, Json, Workouts, clean_exit_on_sigterm, ok, user_token

# The same requests in every run.
SEED = "20261128"
EXAMPLES = "100"
# Some rules are beyond a schema ("the last message is not blank"): what it allows may be a 422.
EXCLUDED = "positive_data_acceptance"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def reply(_: Json) -> Iterable[Json]:
    return message(text("Well done."))


def is_valid(document: Json) -> bool:
    try:
        validate(document)
    except OpenAPIValidationError:
        return False
    return True


def check_document(document: Json) -> None:
    assert document["openapi"].startswith("3.1"), document["openapi"]
    validate(document)
    ok("openapi", "/openapi.json is a valid OpenAPI 3.1 document")
    broken = copy.deepcopy(document)
    operations = [path[method] for path in broken["paths"].values() for method in METHODS if method in path]
    for operation in operations:
        for response in operation["responses"].values():
            response.pop("description", None)
    assert not is_valid(broken), "a response without a description was accepted"
    ok("openapi self-test", "a response without a description is refused")


def per_event(document: Json) -> Json:
    """The document with the schema of a stream's data wrapped as schemathesis reads one: that of an event."""
    document = copy.deepcopy(document)
    content = document["paths"]["/chat"]["post"]["responses"]["200"]["content"]["text/event-stream"]
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": content["schema"]}
    properties = {"event": {"type": "string"}, "data": data}
    content["schema"] = {"type": "object", "required": ["event", "data"], "properties": properties}
    return document


def schemathesis(document: str, url: str, directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs schemathesis, with its files in `directory`."""
    command: list[Any] = [Path(sys.executable).with_name("schemathesis"), "run", document, "--url", url]
    settings = ["--seed", SEED, "--max-examples", EXAMPLES, "--generation-database", "none", "--no-color"]
    settings += ["--exclude-checks", EXCLUDED]
    return subprocess.run(
        [*command, *settings, *options], cwd=directory, capture_output=True, text=True, timeout=900
    )


def check_answers(name: str, document: str, url: str, directory: Path, *options: str) -> None:
    run = schemathesis(document, url, directory, *options)
    assert run.returncode == 0, run.stdout + run.stderr
    [cases] = [line.strip() for line in run.stdout.splitlines() if "generated" in line and "passed" in line]
    ok("openapi", f"{name} answers as described: {cases}")


def check_agent(workouts: Workouts) -> None:
    settings = {"PROG_STRENGTH_MCP_TOKEN": AGENT_TOKEN, "RATE_LIMIT_MAX": "0", "AGENT_PAGE": "on"}
    with FakeClaude(reply) as claude, Agent(workouts.url, claude.url, **settings) as agent:
        agent.wait_ready()
        document = httpx.get(f"{agent.url}/openapi.json").json()
        check_document(document)
        file = agent.directory / "openapi.json"
        file.write_text(json.dumps(per_event(document)))
        bearer = ("--header", f"Authorization: Bearer {user_token('ann')}")
        check_answers("the agent", str(file), agent.url, agent.directory, *bearer)
        assert agent.terminate() == 0


def check_workouts(workouts: Workouts) -> None:
    document = HERE / "workout_openapi.json"
    validate(json.loads(document.read_text()))
    bearer = ("--header", f"Authorization: Bearer {user_token('ann')}")
    url = workouts.url.removesuffix("/mcp")
    check_answers("the workout server", str(document), url, workouts.directory, *bearer)


if __name__ == "__main__":
    clean_exit_on_sigterm()
    with Workouts() as workouts:
        check_agent(workouts)
        check_workouts(workouts)
        assert workouts.terminate() == 0
