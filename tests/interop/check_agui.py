"""Checks `/chat/agui` with AG-UI's own clients and models: `check_agui.py NODE MODULES`, the folder of the Node packages."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
from ag_ui.core import Event, RunAgentInput, UserMessage
from pydantic import BaseModel, TypeAdapter

from face_turns import check_same_request, node_client, served
from harness import DEADLINE, HERE, Agent, Json, clean_exit_on_sigterm, ok

EVENT: TypeAdapter[Any] = TypeAdapter(Event)


def unknown_fields(value: object) -> list[str]:
    """Fields that the models keep without knowing them, at any depth."""
    if isinstance(value, BaseModel):
        known = [field for name in type(value).model_fields for field in unknown_fields(getattr(value, name))]
        return [*(value.model_extra or {}), *known]
    return [field for item in value for field in unknown_fields(item)] if isinstance(value, list) else []


def check_events(events: list[Json]) -> None:
    for event in events:
        model = EVENT.validate_python(event)
        assert not unknown_fields(model), (event, unknown_fields(model))
        assert model.model_dump(mode="json", by_alias=True, exclude_none=True) == event, event


def check_python_client(agent: Agent) -> None:
    """A request as the Python models write it, with nulls for what is absent too, as earlier ones did."""
    asked = RunAgentInput(thread_id="thread", run_id="run", messages=[UserMessage(id="one", role="user", content="hello")])
    bare = asked.model_dump(by_alias=True, exclude_none=True)
    full = {type(asked).model_fields[name].alias or name: None for name in type(asked).model_fields} | bare
    for body in (bare, full):
        answer = httpx.post(f"{agent.url}/chat/agui", headers=agent.headers("cid"), json=body, timeout=DEADLINE)
        assert answer.status_code == 200, answer.text
        events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]
        check_events(events)
        assert "".join(event.get("delta", "") for event in events) == "You said\nhello.\n", events
        assert [event["type"] for event in events if event["type"].startswith("RUN_")] == ["RUN_STARTED", "RUN_FINISHED"], events
    ok("agui", "requests of the Python models are answered, with nulls for what is absent too")


def main(node: str, modules: str) -> None:
    version = json.loads(Path(modules, "@ag-ui/client/package.json").read_text("utf8"))["version"]
    with served() as (claude, agent), tempfile.TemporaryDirectory(prefix="interop-agui-") as folder:
        recorded = Path(folder, "runs.jsonl")
        command = [node, str(HERE / "agui_client.mjs"), modules, str(recorded)]
        node_client(f"agui, client {version}", command, agent.url, claude)
        check_same_request("agui", claude, agent)
        runs = [json.loads(line) for line in recorded.read_text("utf8").splitlines()]
        for run in runs:
            check_events(run["events"])
        kinds = {event["type"] for run in runs for event in run["events"]}
        ok("agui", f"the Python models know every field of {len(runs)} runs with {len(kinds)} kinds of events")
        check_python_client(agent)


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main(*sys.argv[1:])
