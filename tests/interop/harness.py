"""Shared parts of the interop checks: child processes, the agent, and MCP servers.

The agent is only ever used from outside (environment, HTTP, signals), so these checks hold for the binary that ships.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SIGNING_KEY = "a signing key for the interop checks only"
AGENT_TOKEN = "an-agent-token-for-the-interop-checks-only"
# Deadline for steps that take a second on an idle machine.
DEADLINE = 180.0

Json = dict[str, Any]


def ok(name: str, fact: str) -> None:
    """Prints a line for a passed check; `run` counts them."""
    print(f"ok {name}: {fact}", flush=True)


def clean_exit_on_sigterm() -> None:
    """Turns SIGTERM into an exception, so that every `finally` runs and ends its child."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped by SIGTERM"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(what: str, probe: Callable[[], object], seconds: float = DEADLINE) -> None:
    """Poll `probe` until it is true; a refused connection counts as not yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if probe():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"after {seconds:.0f} s still waiting: {what}")


class Process:
    """A child process that ends with its `with` block; its output is shown on a failure."""

    def __init__(self, name: str, command: list[str], env: dict[str, str] | None = None) -> None:
        self.name = name
        self._directory = tempfile.TemporaryDirectory(prefix=f"interop-{name}-")
        self.directory = Path(self._directory.name)
        self._log_path = self.directory / "log"
        with self._log_path.open("wb") as log:
            # A new directory, so that a developer's .env has no effect.
            self._child = subprocess.Popen(
                command, env=env, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def log(self) -> str:
        return self._log_path.read_text(errors="replace")

    def running(self) -> bool:
        return self._child.poll() is None

    def terminate(self) -> int:
        """Send SIGTERM and return the exit code; a child that does not exit is killed, which is an error."""
        self._child.terminate()
        try:
            return self._child.wait(DEADLINE)
        except subprocess.TimeoutExpired as error:
            self._child.kill()
            raise TimeoutError(f"{self.name} ignored SIGTERM") from error

    def close(self, show_log: bool = False) -> None:
        """Kill it."""
        if self.running():
            self._child.kill()
            self._child.wait()
        if show_log:
            print(f"--- {self.name} said:\n{self.log()}---", file=sys.stderr)
        self._directory.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(show_log=kind is not None)


def python(script: str, *arguments: str, interpreter: str = sys.executable) -> list[str]:
    """The command of another script of this folder."""
    return [interpreter, str(HERE / script), *arguments]


def user_token(sub: str) -> str:
    """A JWT of this user, minted by the binary under test."""
    minted = subprocess.run(
        [os.environ["AGENT_BIN"], "token", "--sub", sub],
        env={"JWT_SIGNING_KEY": SIGNING_KEY},
        cwd="/",
        check=True,
        capture_output=True,
        text=True,
    )
    return minted.stdout.strip()


# The agent


@dataclass(frozen=True)
class Event:
    """One server-sent event of `/chat`."""

    type: str
    data: Json


def parse_sse(lines: Iterable[str]) -> Iterator[Event]:
    """Strict on purpose: the contract promises `event:` then one `data:` line, and the type in both."""
    name: str | None = None
    for line in lines:
        if line == "" or line.startswith(":"):
            continue
        key, _, value = line.partition(": ")
        if key == "event" and name is None:
            name = value
        elif key == "data" and name is not None:
            data = json.loads(value)
            assert data["type"] == name, (name, data)
            yield Event(name, data)
            name = None
        else:
            raise AssertionError(f"unexpected line in the stream: {line!r}")


class Agent(Process):
    """The binary under test, serving on loopback."""

    def __init__(self, mcp_url: str, claude_url: str, **settings: str) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        super().__init__(
            "agent",
            [os.environ["AGENT_BIN"], "serve"],
            {
                "AGENT_HOST": "127.0.0.1",
                "AGENT_PORT": str(port),
                "ANTHROPIC_API_KEY": "an-interop-key",
                "ANTHROPIC_BASE_URL": claude_url,
                "JWT_SIGNING_KEY": SIGNING_KEY,
                "PROG_STRENGTH_MCP_URL": mcp_url,
                "LOG_FORMAT": "pretty",
                **settings,
            },
        )

    def wait_ready(self) -> Json:
        wait_until("the agent's /ready", self._is_ready)
        ready: Json = httpx.get(f"{self.url}/ready").json()
        return ready

    def _is_ready(self) -> bool:
        assert self.running(), f"the agent ended:\n{self.log()}"
        return httpx.get(f"{self.url}/ready").status_code == 200

    def headers(self, sub: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {user_token(sub)}"}

    def chat(self, messages: list[Json], sub: str = "ann", request_id: str = "interop-json") -> Json:
        answer = httpx.post(
            f"{self.url}/chat",
            headers={**self.headers(sub), "X-Request-ID": request_id},
            json={"messages": messages},
            timeout=DEADLINE,
        )
        assert answer.status_code == 200, (answer.status_code, answer.text)
        turn: Json = answer.json()
        return turn

    @contextmanager
    def open_stream(
        self, messages: list[Json], sub: str = "ann", request_id: str = "interop-sse", url: str | None = None
    ) -> Iterator[tuple[httpx.Response, Iterator[Event]]]:
        """The response and its events as they arrive; leaving the block disconnects. `url` may be that of a proxy."""
        with httpx.stream(
            "POST",
            f"{url or self.url}/chat",
            headers={**self.headers(sub), "X-Request-ID": request_id, "Accept-Encoding": "gzip"},
            json={"messages": messages, "stream": True},
            timeout=DEADLINE,
        ) as response:
            assert response.status_code == 200, (response.status_code, response.read())
            assert response.headers["content-type"].startswith("text/event-stream"), response.headers
            yield response, parse_sse(response.iter_lines())

    def stream(self, messages: list[Json], sub: str = "ann", request_id: str = "interop-sse") -> list[Event]:
        """A whole streamed turn, checked to end with its only terminal event."""
        with self.open_stream(messages, sub, request_id) as (_, events):
            all_events = list(events)
        terminal = [event.type for event in all_events if event.type in ("done", "error")]
        assert terminal == ["done"] and all_events[-1].type == "done", all_events
        return all_events


# The MCP servers


class Workouts(Process):
    """The command `mcp`: over HTTP on loopback, with an empty database."""

    def __init__(self, port: int | None = None, **settings: str) -> None:
        self.port = port or free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.origin}/mcp"
        super().__init__(
            "workouts",
            [os.environ["AGENT_BIN"], "mcp"],
            {
                "DATABASE_URL": "sqlite:workouts.db",
                "JWT_SIGNING_KEY": SIGNING_KEY,
                "LOG_FORMAT": "pretty",
                "MCP_HOST": "127.0.0.1",
                "MCP_PORT": str(self.port),
                "MCP_RATE_LIMIT_PER_HOUR": "0",
                "PROG_STRENGTH_MCP_TOKEN": AGENT_TOKEN,
                **settings,
            },
        )
        try:
            wait_until("the workout server", self._is_healthy)
        except BaseException:
            self.close(show_log=True)
            raise

    def _is_healthy(self) -> bool:
        assert self.running(), "the workout server ended"
        return httpx.get(f"http://127.0.0.1:{self.port}/health").status_code == 200


class WorkoutServer:
    """The FastMCP server; a restart on the same port loses its sessions."""

    def __init__(self, interpreter: str = sys.executable, key: tuple[str, ...] = ()) -> None:
        self._port, self._interpreter, self._key = free_port(), interpreter, key
        self._directory = tempfile.TemporaryDirectory(prefix="interop-calls-")
        self._calls = Path(self._directory.name, "calls.jsonl")
        self._calls.touch()
        self.url = f"http://127.0.0.1:{self._port}/mcp"
        self._process = self._start()

    def _start(self) -> Process:
        command = python("fastmcp_server.py", str(self._port), str(self._calls), *self._key, interpreter=self._interpreter)
        process = Process("fastmcp", command)
        try:
            # Any answer shows that it runs: without an MCP Accept header it refuses.
            wait_until("the FastMCP server", lambda: process.running() and httpx.get(self.url).status_code)
        except BaseException:
            process.close(show_log=True)
            raise
        return process

    def restart(self) -> None:
        self._process.close()
        self._process = self._start()

    def calls(self) -> list[Json]:
        return [json.loads(line) for line in self._calls.read_text().splitlines()]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._process.close(show_log=kind is not None)
        self._directory.cleanup()
