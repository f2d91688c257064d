"""The shipped compose file, up: its containers, and clients that come through Caddy."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
STORE = ROOT / "target/containers"
IMAGE = "docker.io/library/prog-strength-agent"
NETWORK = "prog-strength"
RUNS_SITE = "runs.localhost"
SOCKET = "unix:///run/containers/podman.sock"
ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
START_SECS = 60
SETTINGS = {
    "ANTHROPIC_API_KEY": "scripted",
    "JWT_SIGNING_KEY": "a key of at least thirty-two bytes, for the test",
    "PROG_STRENGTH_MCP_TOKEN": "between-agent-and-workout-server",
}


def podman(*arguments: str, ok: bool = True) -> str:
    """Standard output of a podman command."""
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not ok, f"podman {' '.join(arguments)}: {done.stderr or done.stdout}"
    return done.stdout.strip()


def wait_until(what: str, holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + START_SECS
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except (OSError, AssertionError, http.client.HTTPException):
            pass
        time.sleep(0.2)
    raise AssertionError(f"not within {START_SECS} s: {what}")


class System:
    """The compose project, in a copy of the two shipped files with settings of the test's own."""

    def __init__(self) -> None:
        self.folder = STORE / "project"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for shipped in ("docker-compose.yml", "Caddyfile"):
            shutil.copy(ROOT / shipped, self.folder)
        # The images made here have the shipped names, but not their digests.
        compose = self.folder / "docker-compose.yml"
        compose.write_text(re.sub(r"@sha256:[0-9a-f]{64}", "", compose.read_text()))
        here = ROOT / "tests/containers"
        shutil.copy(here / "claude.py", self.folder)
        shutil.copy(here / "compose.yml", self.folder / "docker-compose.override.yml")
        lines = [f"{name}='{value}'\n" for name, value in SETTINGS.items()]
        (self.folder / ".env").write_text("".join(lines))

    def compose(self, *arguments: str) -> str:
        done = subprocess.run(
            ["docker-compose", "--profile", "edge", *arguments],
            cwd=self.folder,
            env={**os.environ, "DOCKER_HOST": SOCKET},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"docker-compose {' '.join(arguments)}: {done.stderr}"
        return done.stdout.strip()

    def up(self, agents: int = 1) -> None:
        """As README says, but for the image, which is built already. Ready: the agents have their tools."""
        self.compose("up", "--detach", "--no-build", "--scale", f"agent={agents}")
        for container in self.containers("agent"):
            wait_until("an agent is ready", self.agent_ready(container))
        for site in ("localhost", RUNS_SITE):
            wait_until(f"Caddy answers for {site}", lambda site=site: get(self.site(site), "/health") == 200)

    def agent_ready(self, container: str) -> Callable[[], bool]:
        """Asks this agent, past Caddy."""
        address = podman("inspect", "--format", ADDRESS, container)

        def ready() -> bool:
            try:
                return get(http.client.HTTPConnection(address, 8001, timeout=5), "/ready") == 200
            except OSError:
                return False

        return ready

    def down(self) -> None:
        self.compose("down")

    def containers(self, service: str) -> list[str]:
        identities = self.compose("ps", "--quiet", service).split()
        assert identities, f"{service} has no container"
        return identities

    def container(self, service: str) -> str:
        return self.containers(service)[0]

    def inspect(self, service: str, template: str) -> str:
        return podman("inspect", "--format", template, self.container(service))

    def pid(self, service: str) -> str:
        return self.inspect(service, "{{.State.Pid}}")

    def keep_logs(self) -> None:
        for service in ("agent", "mcp", "runs", "caddy", "claude"):
            (STORE / f"{service}.log").write_text(self.compose("logs", "--no-color", service))

    def site(self, name: str = "localhost") -> http.client.HTTPSConnection:
        """A connection to Caddy, whose certificate must be of its own authority, and for this name."""
        site = http.client.HTTPSConnection(name, context=self._trust())
        # Names of Caddy's sites are no names of this machine's.
        site._create_connection = lambda address, *rest: socket.create_connection(("localhost", address[1]), *rest)
        return site

    @cache
    def _trust(self) -> ssl.SSLContext:
        """Caddy's own authority, which lasts with its volume."""
        authority = self.folder / "root.crt"
        podman("cp", f"{self.container('caddy')}:/data/caddy/pki/authorities/local/root.crt", str(authority))
        return ssl.create_default_context(cafile=str(authority))

    @cache
    def token(self, sub: str) -> str:
        key = f"JWT_SIGNING_KEY={SETTINGS['JWT_SIGNING_KEY']}"
        return podman("run", "--rm", "--network", "none", "--env", key, IMAGE, "token", "--sub", sub)

    @contextmanager
    def chat(self, words: str, *, sub: str = "sam") -> Iterator[Iterator[dict]]:
        """The events of a streamed turn, each as soon as it is there."""
        body = {"stream": True, "messages": [{"role": "user", "content": words}]}
        headers = {"Authorization": f"Bearer {self.token(sub)}", "Content-Type": "application/json"}
        site = self.site()
        try:
            site.request("POST", "/chat", json.dumps(body), headers)
            response = site.getresponse()
            assert response.status == 200, response.read()
            yield (json.loads(line[6:]) for line in response if line.startswith(b"data: "))
        finally:
            site.close()

    def answer(self, words: str, *, sub: str = "sam") -> str:
        """The text of a turn that must end well."""
        with self.chat(words, sub=sub) as stream:
            events = list(stream)
        assert events[-1]["type"] == "done", events[-1]
        return "".join(event["text"] for event in events if event["type"] == "text_delta")

    def runs(self, method: str, path: str, body: dict | None = None, *, sub: str = "sam") -> dict:
        """What the runs server answers, through Caddy."""
        headers = {"Authorization": f"Bearer {self.token(sub)}", "Content-Type": "application/json"}
        site = self.site(RUNS_SITE)
        try:
            site.request(method, path, None if body is None else json.dumps(body), headers)
            response = site.getresponse()
            answer = json.loads(response.read())
            assert response.status < 300, answer
            return answer
        finally:
            site.close()

    def run(self, words: str, *, sub: str = "sam") -> dict:
        """A run, ended."""
        begun = self.runs("POST", "/webhook", {"prompt": words, "async": True}, sub=sub)
        return self.runs("GET", f"/runs/{begun['executionId']}?wait=30", sub=sub)


def get(connection: http.client.HTTPConnection, path: str) -> int:
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@contextmanager
def running() -> Iterator[System]:
    """The system, up. Its processes end with the namespaces of tests/containers/run, its volumes here."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with (STORE / "service.log").open("w") as log:
        service = subprocess.Popen(["podman", "system", "service", "--time=0", SOCKET], stdout=log, stderr=log)
    try:
        podman("network", "create", NETWORK)
        wait_until("podman's socket", lambda: Path(SOCKET.removeprefix("unix://")).exists())
        system = System()
        try:
            system.up()
            yield system
        finally:
            system.keep_logs()
        system.compose("down", "--volumes")
    finally:
        podman("rm", "--all", "--force", "--time", "0", ok=False)
        podman("network", "rm", "--force", NETWORK, ok=False)
        podman("volume", "prune", "--force", ok=False)
        service.terminate()
        service.wait()
