"""Checks ops/ with Debian's Prometheus: the alerts by promtool, the metrics of each service, and each query of the dashboard
and of the alerts against services under a small load."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx

from fake_claude import FakeClaude, message, text, tool_results, tool_use, user
from harness import (
    AGENT_TOKEN,
    DEADLINE,
    HERE,
    ROOT,
    Agent,
    Json,
    Process,
    Workouts,
    clean_exit_on_sigterm,
    free_port,
    ok,
    wait_until,
)
from runs_server import Runs
from scripted_server import Answer, ScriptedServer

OPS = ROOT / "ops"
# In place of Grafana's `$__rate_interval`; a scrape takes place each second.
WINDOW = "15s"
LOAD_SECS = 60
SQUATS = {"exercise_id": "barbell-back-squat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}
TOOLS = {
    "log": ("create_workout", {"exercises": [SQUATS]}),
    "wrong": ("analyze_progress", {"exercise": "no such exercise"}),
    "file": ("write_file", {"path": "review.md", "content": "Well done."}),
    "delete": ("delete_workout", {"workout_id": "00000000-0000-7000-8000-000000000000"}),
}


class LoadedClaude:
    """Calls the tool that the user's last word names; fails once for `retry`, and always for `fail`."""

    def __init__(self) -> None:
        self._failed = 0

    def answer(self, body: Json) -> Iterator[Json]:
        if tool_results(body):
            return message(text("Done."))
        said = body["messages"][-1]["content"][-1]["text"].split()[-1]
        if said == "fail":
            return failure("invalid_request_error")
        if said == "retry":
            self._failed += 1
            if self._failed % 2:
                return failure("overloaded_error")
        if said not in TOOLS:
            return message(text("Hello."))
        name, arguments = TOOLS[said]
        # In a run, the name of the server is before it.
        offered = [tool["name"] for tool in body["tools"] if tool["name"].split("__")[-1] == name]
        return message(tool_use(f"toolu_{said}", offered[0], arguments), stop_reason="tool_use")


def failure(kind: str) -> Iterator[Json]:
    yield {"type": "error", "error": {"type": kind, "message": "scripted"}}


# Promtool


def promtool(*arguments: str, given: str | None = None) -> str:
    done = subprocess.run(["promtool", *arguments], input=given, capture_output=True, text=True, timeout=DEADLINE)
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"promtool {' '.join(arguments)}: {said}"
    return said


def check_files() -> None:
    promtool("check", "config", str(OPS / "prometheus.yml"))
    found = re.search(r"(\d+) rules found", promtool("check", "rules", str(OPS / "alerts.yml")))
    assert found, "no rules"
    ok("prometheus rules", f"{found[1]} alerts are valid, as is the configuration")
    promtool("test", "rules", str(HERE / "alerts_test.yml"))
    ok("prometheus alerts", "alerts fire on what they are about, and not on what looks like it")


def in_the_older_format(metrics: str) -> str:
    """The only one that promtool reads: there a counter's name ends in `_total` in its description too, and there is no end."""
    counters = set(re.findall(r"^# TYPE (\S+) counter$", metrics, re.MULTILINE))
    lines = []
    for line in metrics.removesuffix("# EOF\n").splitlines():
        words = line.split(" ")
        if line.startswith("# ") and words[2] in counters:
            words[2] += "_total"
        lines.append(" ".join(words))
    return "\n".join([*lines, ""])


def check_metrics(services: dict[str, str]) -> None:
    for job, url in services.items():
        answer = httpx.get(f"{url}/metrics")
        assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0"), answer.headers
        said = promtool("check", "metrics", given=in_the_older_format(answer.text))
        assert not said, f"{job}: {said}"
    ok("prometheus metrics", f"those of {', '.join(services)} have the names, units and descriptions that promtool wants")


# The services under load


def put_load_on(agent: Agent, runs: Runs, receiver: str, ended: threading.Event) -> None:
    headers = {**agent.headers("ann"), "Content-Type": "application/json"}
    number = 0
    while not ended.is_set():
        number += 1
        for words in ("hello", "log", "wrong", "retry", "fail", "delete"):
            body = {"messages": [user(words)], "stream": number % 2 == 0, "approvals": []}
            httpx.post(f"{agent.url}/chat", headers=headers, json=body, timeout=DEADLINE)
        httpx.post(f"{agent.url}/chat", json={}, timeout=DEADLINE)
        runs.run("file", callbackUrl=f"{receiver}/hook")
        runs.run("log", connections=["prog_strength"])


def start(stack: ExitStack) -> tuple[Agent, Runs, dict[str, str], str]:
    """The agent, the server of runs, where each service is, and where callbacks go."""
    claude = stack.enter_context(FakeClaude(LoadedClaude().answer))
    workouts = stack.enter_context(Workouts())
    receiver = stack.enter_context(ScriptedServer(lambda _: Answer()))
    peers = {"PROG_STRENGTH_MCP_TOKEN": AGENT_TOKEN, "RATE_LIMIT_MAX": "0", "CLAUDE_MAX_RETRIES": "1"}
    agent = stack.enter_context(Agent(workouts.url, claude.url, AGENT_APPROVALS="destructive", **peers))
    runs = stack.enter_context(
        Runs(
            claude.url,
            **peers,
            PROG_STRENGTH_MCP_URL=workouts.url,
            CALLBACK_SECRET=f"whsec_{b64encode(bytes(32)).decode()}",
            OUTBOUND_ALLOW="127.0.0.1",
        )
    )
    agent.wait_ready()
    services = {
        "prog-strength-agent": agent.url,
        "prog-strength-mcp": workouts.origin,
        "prog-strength-runs": runs.url,
    }
    return agent, runs, services, receiver.url


class Prometheus(Process):
    """Scrapes the services each second, as jobs of the names in ops/prometheus.yml."""

    def __init__(self, services: dict[str, str]) -> None:
        shipped = re.findall(r"job_name: (\S+)", (OPS / "prometheus.yml").read_text())
        assert shipped == list(services), shipped
        self._folder = tempfile.TemporaryDirectory(prefix="interop-prometheus-")
        file = Path(self._folder.name, "prometheus.json")
        targets = {job: [url.removeprefix("http://")] for job, url in services.items()}
        jobs = [{"job_name": job, "static_configs": [{"targets": found}]} for job, found in targets.items()]
        # JSON is YAML.
        file.write_text(
            json.dumps(
                {
                    "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                    "rule_files": [str(OPS / "alerts.yml")],
                    "scrape_configs": jobs,
                }
            )
        )
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        command = ["prometheus", f"--config.file={file}", f"--web.listen-address={address}", "--log.level=warn"]
        super().__init__("prometheus", [*command, f"--storage.tsdb.path={self._folder.name}/data"])

    def is_ready(self) -> bool:
        assert self.running(), self.log()
        return httpx.get(f"{self.url}/-/ready").status_code == 200

    def query(self, expression: str) -> list[float]:
        """The values that are numbers."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression})
        assert answer.status_code == 200, f"{expression}: {answer.text}"
        values = [float(sample["value"][1]) for sample in answer.json()["data"]["result"]]
        return [value for value in values if value == value]

    def alerts(self) -> set[str]:
        rules = httpx.get(f"{self.url}/api/v1/rules").json()["data"]["groups"]
        states = [(rule["name"], rule["health"]) for group in rules for rule in group["rules"]]
        return {name for name, health in states if health == "ok"}

    def close(self, show_log: bool = False) -> None:
        super().close(show_log)
        self._folder.cleanup()


def queries(dashboard: Json) -> dict[str, str]:
    """By panel, with values in place of Grafana's variables."""
    found = {}
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"].replace("$__rate_interval", WINDOW)
            expression = expression.replace("$job", "prog-strength-.*").replace("$instance", ".*")
            assert "$" not in expression, expression
            found[f"{panel['title']}: {target['legendFormat']}"] = expression
    return found


def check_queries(prometheus: Prometheus) -> None:
    missing = queries(json.loads((OPS / "grafana/agent.json").read_text()))
    count = len(missing)

    def all_have_data() -> bool:
        for name in [name for name, expression in missing.items() if prometheus.query(expression)]:
            del missing[name]
        return not missing

    try:
        wait_until("data of all queries", all_have_data, LOAD_SECS)
    except TimeoutError as error:
        raise AssertionError(f"without data: {json.dumps(missing, indent=1)}") from error
    ok("prometheus dashboard", f"each of its {count} queries has data")


def check_alerts(prometheus: Prometheus) -> None:
    expected = set(re.findall(r"alert: (\w+)", (OPS / "alerts.yml").read_text()))
    wait_until("the alerts' evaluation", lambda: prometheus.alerts() == expected, LOAD_SECS)
    # A tenth of the turns is made to fail, for minutes less than an alert waits.
    firing = prometheus.query('ALERTS{alertstate="firing"}')
    assert not firing, firing
    ok("prometheus evaluation", f"{len(expected)} alerts are evaluated, and none fires")


def main() -> None:
    check_files()
    with ExitStack() as stack:
        agent, runs, services, receiver = start(stack)
        prometheus = stack.enter_context(Prometheus(services))
        wait_until("Prometheus", prometheus.is_ready)
        ended = threading.Event()
        load = threading.Thread(target=put_load_on, args=(agent, runs, receiver, ended))
        load.start()
        try:
            check_queries(prometheus)
            check_alerts(prometheus)
            check_metrics(services)
        finally:
            ended.set()
            load.join()


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main()
