"""Checks the OpenAPI document of `runs`: valid, and every endpoint answers generated requests as described.

Generated ids name nothing, so the document that schemathesis reads offers ids of what exists as well.
"""

from __future__ import annotations

import base64
import copy
import json
import tempfile
from collections.abc import Iterable, Iterator

import httpx

from check_openapi import METHODS, check_document, schemathesis
from fake_claude import FakeClaude, message, text, tool_results, tool_use
from harness import AGENT_TOKEN, Json, Workouts, clean_exit_on_sigterm, ok, user_token, wait_until
from runs_server import Runs

NAME = "runs-openapi"
KEYS = f"k1:{base64.b64encode(bytes(32)).decode()}"
SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"
SKILL: Json = {"name": "review", "steps": [{"prompt": "Look", "connections": []}]}
CONNECTION: Json = {"url": "https://localhost:9/mcp", "headers": {"authorization": "Bearer of-the-checks"}}
UNKNOWN = "019a0000-0000-7000-8000-000000000000"


def write_a_file(body: Json) -> Iterable[Json]:
    """One file for the first run; the generated ones get an answer alone."""
    if "a file" in json.dumps(body["messages"]) and not tool_results(body):
        call = tool_use("toolu_1", "write_file", {"path": "a.txt", "content": "a", "encoding": "utf-8"})
        return message(call, stop_reason="tool_use")
    return message(text("Well done."))


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def existing(runs: Runs) -> dict[str, dict[str, list[str]]]:
    """By the beginning of paths: the values of their parameters. What is deleted is of its own."""
    run = runs.run("Write a file", requestId="known", callbackUrl="https://localhost:9/", metadata={"a": 1})
    id = run["executionId"]
    wait_until("a delivery", lambda: runs.json("GET", f"/runs/{id}/deliveries")["deliveries"])
    [delivery] = runs.json("GET", f"/runs/{id}/deliveries")["deliveries"]
    triggers = [{**SKILL, "trigger": {"type": kind}} for kind in ("manual", "webhook")]
    skills = [runs.json("POST", "/skills", skill, 201)["id"] for skill in triggers]
    doomed = runs.json("POST", "/skills", SKILL, 201)["id"]
    for name in ("web", "doomed"):
        runs.json("POST", "/connections", {"name": name, **CONNECTION}, 201)
    return {
        "delete /skills/": {"id": [doomed, UNKNOWN]},
        "delete /connections/": {"name": ["doomed", "none"]},
        "/runs/by-request/": {"requestId": ["known", "new"], "request_id": ["known", "new"]},
        "/runs/": {"id": [id, UNKNOWN], "name": ["a.txt", "b.txt"], "delivery": [delivery["id"], UNKNOWN]},
        "/skills/": {"id": [*skills, UNKNOWN]},
        "/hooks/": {"id": [*skills, UNKNOWN], "skill_id": [*skills, UNKNOWN]},
        "/connections/": {"name": ["web", "none"]},
    }


def with_values(document: Json, values: dict[str, dict[str, list[str]]]) -> Json:
    """The document, whose parameters in paths are mostly the ids of what exists."""
    document = copy.deepcopy(document)
    for method, path, operation in operations(document):
        known = next((values[key] for key in values if f"{method} {path}".startswith(key) or path.startswith(key)), {})
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path" and parameter["name"] in known:
                parameter["schema"] = {"anyOf": [{"type": "string", "enum": known[parameter["name"]]}, parameter["schema"]]}
    return document


def with_empty_values(document: Json) -> Json:
    """An empty value in a query, or as `Last-Event-ID`, counts as absent, as the document says in words."""
    document = copy.deepcopy(document)
    for _, _, operation in operations(document):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query" or parameter["name"] == "Last-Event-ID":
                parameter["schema"] = {"anyOf": [parameter["schema"], {"type": "string", "maxLength": 0}]}
    return document


def per_event(document: Json) -> Json:
    """The schema of a stream's data wrapped as schemathesis reads one: that of an event."""
    document = copy.deepcopy(document)
    for _, _, operation in operations(document):
        for response in operation["responses"].values():
            content = response.get("content", {}).get("text/event-stream")
            if content is not None:
                data = {"type": "string", "contentMediaType": "application/json", "contentSchema": content["schema"]}
                properties = {"event": {"type": "string"}, "id": {"type": "string"}, "data": data}
                content["schema"] = {"type": "object", "required": ["event", "data"], "properties": properties}
    return document


def check_answers(runs: Runs, document: Json, what: str) -> None:
    file = runs.directory / "openapi.json"
    file.write_text(json.dumps(document))
    bearer = ("--header", f"Authorization: Bearer {user_token('ann')}")
    # A check of a connection takes up to 15 s.
    done = schemathesis(str(file), runs.url, runs.directory, *bearer, "--request-timeout", "60")
    assert done.returncode == 0, done.stdout + done.stderr
    [cases] = [line.strip() for line in done.stdout.splitlines() if "generated" in line and "passed" in line]
    ok(NAME, f"{what}: {cases}")


def check_endpoints(document: Json) -> None:
    """Those of the contract."""
    expected = """
        post /webhook, post /webhooks/prompt, get /runs, get /runs/{}, get /runs/{}/events, post /runs/{}/cancel,
        get /runs/by-request/{}, post /runs/by-request/{}/cancel, get /runs/{}/files/{}, get /runs/{}/deliveries,
        post /runs/{}/deliveries/{}/redeliver, get /skills, post /skills, get /skills/{}, patch /skills/{}, delete /skills/{},
        post /skills/{}/run, get /skills/{}/runs, post /skills/{}/rotate-secret, post /hooks/{}, get /connections,
        post /connections, get /connections/{}, put /connections/{}, delete /connections/{}, post /connections/{}/check,
        get /health, get /ready, get /metrics, get /openapi.json
    """
    plain = {f"{method} {anonymous(path)}" for method, path, _ in operations(document)}
    missing = {word.strip() for word in expected.split(",")} - plain
    assert not missing, missing
    ok(NAME, f"{len(plain)} operations are described")


def anonymous(path: str) -> str:
    parts = path.split("/")
    return "/".join("{}" if part.startswith("{") else part for part in parts)


if __name__ == "__main__":
    clean_exit_on_sigterm()
    with (
        Workouts() as workouts,
        FakeClaude(write_a_file) as claude,
        tempfile.TemporaryDirectory(prefix="interop-runs-") as directory,
    ):
        settings = {
            "CALLBACK_SECRET": SECRET,
            "RUNS_ENCRYPTION_KEYS": KEYS,
            "DATABASE_URL": f"sqlite:{directory}/runs.db",
            "FILES_URL": f"file:{directory}/files",
            "RUNS_PER_USER": "16",
            "PROG_STRENGTH_MCP_URL": workouts.url,
            "PROG_STRENGTH_MCP_TOKEN": AGENT_TOKEN,
        }
        with Runs(claude.url, **settings) as runs:
            document = httpx.get(f"{runs.url}/openapi.json").json()
            check_document(document)
            check_endpoints(document)
            document = per_event(with_empty_values(with_values(document, existing(runs))))
            check_answers(runs, document, "every endpoint answers as described")
            assert runs.terminate() == 0
