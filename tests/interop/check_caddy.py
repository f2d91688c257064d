"""Checks the shipped Caddyfile in a real Caddy: streams are unbuffered and uncompressed, private paths are closed."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx

from fake_claude import FakeClaude, message, text, user
from harness import (
    DEADLINE,
    ROOT,
    Agent,
    Json,
    Process,
    WorkoutServer,
    clean_exit_on_sigterm,
    free_port,
    ok,
    wait_until,
)

LINES = ["one\n", "two\n", "three\n", "four\n"]
PINGS = 1000


class PatientClaude:
    """Waits after each delta until the client has received it; with a buffering proxy this would wait forever."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.hung_up = threading.Event()

    def answer(self, body: Json) -> Iterator[Json]:
        if body["messages"][-1]["content"][-1]["text"] == "never end":
            yield from self._endless()
            return
        for event in message(text("".join(LINES))):
            yield event
            if event["type"] == "content_block_delta":
                assert self.arrived.acquire(timeout=DEADLINE), f"{event} did not arrive"

    def _endless(self) -> Iterator[Json]:
        """Starts an answer, then only sends pings until the agent closes the connection."""
        events = message(text("one\n"))
        yield from (next(events) for _ in range(4))
        try:
            for _ in range(PINGS):
                yield {"type": "ping"}
                self.hung_up.wait(0.05)
        except GeneratorExit:
            self.hung_up.set()
            raise


def derive(caddyfile: str, site: str, runs_site: str, upstream: str) -> str:
    """The shipped file with loopback addresses and no other change. `upstream` of both sites is a name, a space and a port."""
    options = "{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n"
    sites = (("agent.progstrength.fitness", site), ("runs.progstrength.fitness", runs_site))
    upstreams = (("agent 8001", upstream), ("runs 3001", upstream))
    for old, new in (("\n{\n", f"\n{options}"), *sites, *upstreams):
        assert old in caddyfile, f"the Caddyfile holds no {old!r}"
        caddyfile = caddyfile.replace(old, new)
    return caddyfile


def environment(home: Path) -> dict[str, str]:
    """Sets a home directory for Caddy's state, so that a check leaves none."""
    return {"HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}


def check_stream(site: str, agent: Agent, claude: PatientClaude) -> None:
    with agent.open_stream([user("count")], url=site) as (response, events):
        assert "content-encoding" not in response.headers, response.headers
        assert response.headers["server"] == "Caddy", response.headers
        seen = []
        for event in events:
            seen.append(event)
            if event.type == "text_delta":
                claude.arrived.release()
    assert [event.data["text"] for event in seen if event.type == "text_delta"] == LINES, seen
    assert seen[-1].type == "done", seen
    ok("caddy stream", "each delta arrives before the next is written, uncompressed")


def check_hang_up(site: str, agent: Agent, claude: PatientClaude) -> None:
    with agent.open_stream([user("never end")], url=site) as (_, events):
        while next(events).type != "text_delta":
            pass
    assert claude.hung_up.wait(DEADLINE), "Claude's response was never closed"
    ok("caddy hang-up", "a client that leaves ends the turn behind the proxy too")


def check_paths(sites: tuple[str, str], agent: Agent) -> None:
    """The agent stands in for the runs server, which has the same three paths."""
    for path, outside in (("/metrics", 404), ("/ready", 404), ("/health", 200)):
        for site in sites:
            got = httpx.get(f"{site}{path}", headers={"Accept-Encoding": "gzip"})
            assert got.status_code == outside, (site, path, got.status_code)
            assert "content-encoding" not in got.headers, (path, got.headers)
        assert httpx.get(f"{agent.url}{path}").status_code == 200, path
    ok("caddy paths", "/metrics and /ready of both sites are private, /health is not")


def main() -> None:
    shipped = ROOT / "Caddyfile"
    claude_script = PatientClaude()
    site, runs_site = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    with (
        tempfile.TemporaryDirectory(prefix="interop-caddy-") as home,
        FakeClaude(claude_script.answer) as claude,
        WorkoutServer() as workouts,
        Agent(workouts.url, claude.url) as agent,
    ):
        agent.wait_ready()
        valid = subprocess.run(
            ["caddy", "validate", "--adapter", "caddyfile", "--config", str(shipped)],
            env=environment(Path(home)),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )
        assert valid.returncode == 0, valid.stderr
        ok("caddy validate", "the Caddyfile as shipped")

        derived = Path(home, "Caddyfile")
        upstream = agent.url.removeprefix("http://").replace(":", " ")
        derived.write_text(derive(shipped.read_text(), site, runs_site, upstream))
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(derived)]
        with Process("caddy", command, environment(Path(home))) as caddy:
            wait_until("Caddy", lambda: caddy.running() and httpx.get(f"{site}/health").status_code == 200)
            check_paths((site, runs_site), agent)
            check_stream(site, agent, claude_script)
            check_hang_up(site, agent, claude_script)


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main()
