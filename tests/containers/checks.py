#!/usr/bin/env python3
"""What the image and the compose file must show: one function for each check, in this order. Called by `run`."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
import tomllib
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from claude import DELTAS, PAUSE_SECS
from system import IMAGE, ROOT, STORE, System, get, podman, running, wait_until

# The program has three systems, two databases, four kinds of object storage and a client of Temporal in it.
MOST_MB = 48
USER = "65532"
STREAMS = 50
PRIVATE = ("/metrics", "/ready", "/METRICS", "//ready", "/metrics/", "/%72eady", "/x/../metrics")


def image(_: System) -> str:
    """What the image knows by itself: its user, its health check, which commands it has."""
    found = json.loads(podman("image", "inspect", IMAGE))[0]
    assert found["Config"]["User"] == f"{USER}:{USER}", found
    assert found["Healthcheck"]["Test"] == ["CMD", "/prog-strength-agent", "healthcheck"], found
    features = tomllib.loads((ROOT / "Cargo.toml").read_text()).get("features", {})
    commands = podman("run", "--rm", "--network", "none", IMAGE, "--help").split()
    assert "mcp" in commands and ("dev" not in features or "dev" not in commands), commands
    return f"built in {os.environ['BUILD_SECONDS']} s; the feature `dev` is off in it"


def size(_: System) -> str:
    measured = int(podman("image", "inspect", "--format", "{{.Size}}", IMAGE)) / 1e6
    assert measured <= MOST_MB, f"{measured:.1f} MB, more than {MOST_MB} MB"
    return f"{measured:.1f} MB, at most {MOST_MB} MB"


def compose(system: System) -> str:
    """Agent, workout server, runs and Caddy on the network that was there before; only Caddy can be reached from outside."""
    for service in ("agent", "mcp", "runs", "caddy"):
        found = json.loads(podman("inspect", system.container(service)))[0]
        assert found["State"]["Running"], service
        assert list(found["NetworkSettings"]["Networks"]) == ["prog-strength"], found["NetworkSettings"]
        published = {port: to for port, to in found["NetworkSettings"]["Ports"].items() if to}
        assert bool(published) == (service == "caddy"), f"{service}: {published}"
    return "agent, mcp, runs and caddy run on the external network; only caddy publishes ports"


def health(system: System) -> str:
    assert get(system.site(), "/health") == 200
    return "/health through Caddy is 200, over TLS"


def private(system: System) -> str:
    statuses = {path: get(system.site(), path) for path in PRIVATE}
    assert set(statuses.values()) == {404}, statuses
    return "through Caddy, /metrics and /ready are 404 however they are written"


def stream(system: System) -> str:
    """Sender and receiver share a clock: each delta must be here before Claude sends the next."""
    with system.chat("count") as events:
        arrivals = [(float(event["text"]), time.monotonic()) for event in events if event["type"] == "text_delta"]
    assert len(arrivals) == DELTAS, arrivals
    late = [arrived - sent for sent, arrived in arrivals]
    assert max(late) < PAUSE_SECS, f"arrived after (s): {late}"
    return f"{DELTAS} deltas, one every {PAUSE_SECS} s, each here within {max(late) * 1000:.0f} ms"


def workout(system: System) -> str:
    logged = system.answer("log squats", sub="wendy")
    assert "Barbell Back Squat" in logged, logged
    listed = system.answer("read", sub="wendy")
    assert "Barbell Back Squat: 5 @ 100 kg" in listed, listed
    other = system.answer("read", sub="otto")
    assert "no workouts" in other, other
    return "a chat logs a workout, another reads it, another user does not see it"


def run(system: System) -> str:
    """A run that logs a workout through the workout server; the answer and the run are there after down and up."""
    ended = system.run("log squats", sub="rita")
    assert ended["status"] == "completed" and "Barbell Back Squat" in ended["response"], ended
    before = system.container("runs")
    system.down()
    system.up()
    assert system.container("runs") != before, "the same container"
    again = system.runs("GET", f"/runs/{ended['executionId']}", sub="rita")
    assert (again["status"], again["response"]) == ("completed", ended["response"]), again
    return "a run logs a workout; it is there after down and up, in new containers"


def read_only(system: System) -> str:
    """As root, through the process's own view of its files."""
    root = Path(f"/proc/{system.pid('agent')}/root")
    for path in ("written", "data/written", "etc/passwd", "prog-strength-agent"):
        try:
            (root / path).open("ab").close()
        except OSError as error:
            assert error.errno in (errno.EROFS, errno.ETXTBSY), error
        else:
            raise AssertionError(f"/{path} could be written")
    return "not even root can write to the agent's file system"


def powerless(system: System) -> str:
    for service in ("agent", "mcp", "runs"):
        lines = Path(f"/proc/{system.pid(service)}/status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        assert set(status["Uid"].split() + status["Gid"].split()) == {USER}, status
        for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(status[kind], 16) == 0, (service, kind, status[kind])
        assert status["NoNewPrivs"] == "1", status
    return f"agent, mcp and runs are user {USER}, without a capability and without a way to one"


def healthcheck(system: System) -> str:
    for service in ("agent", "mcp", "runs"):
        podman("healthcheck", "run", system.container(service))
        state = json.loads(podman("inspect", system.container(service)))[0]["State"]
        found = (state.get("Health") or state.get("Healthcheck"))["Status"]
        assert found == "healthy", f"{service}: {found}"
    return "agent, mcp and runs are healthy by their own checks"


def shutdown(system: System) -> str:
    container = system.container("agent")
    with system.chat("go on for ever") as events:
        assert next(events)["type"] == "model_chosen"
        assert [next(events)["type"] for _ in range(3)] == ["text_delta"] * 3
        stop = subprocess.Popen(["podman", "stop", container], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        last = list(events)[-1]
    assert stop.wait() == 0
    assert (last["type"], last.get("code")) == ("error", "shutting_down"), last
    code = podman("inspect", "--format", "{{.State.ExitCode}}", container)
    assert code == "0", f"exit code {code}"
    system.up()
    return "a stop in the middle of a stream ends it with shutting_down; exit code 0"


def replicas(system: System) -> str:
    """One of two agents is stopped in the middle of the streams of 50 users, who then begin new chats."""

    def talk(sub: str) -> str:
        with system.chat("talk", sub=sub) as events:
            assert [next(events)["type"] for _ in range(2)] == ["model_chosen", "text_delta"]
            began.wait(60)
            last = list(events)[-1]
        return last.get("code", last["type"])

    system.up(agents=2)
    users = [f"user-{number}" for number in range(STREAMS)]
    stopped = system.containers("agent")[0]
    ready = system.agent_ready(stopped)
    began = Barrier(STREAMS + 1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(system.token, users))
    with ThreadPoolExecutor(2 * STREAMS) as pool:
        streams = [pool.submit(talk, sub) for sub in users]
        began.wait(60)
        stop = subprocess.Popen(["podman", "stop", stopped], stdout=subprocess.DEVNULL)
        # What has begun there by now is cut off.
        wait_until("the agent drains", lambda: not ready())
        # Until well after the replica's end: a chat takes longer than two seconds.
        for _ in range(3):
            list(pool.map(lambda sub: system.answer("count", sub=sub), users))
        assert stop.wait() == 0
        ends = Counter(stream.result() for stream in streams)
    assert set(ends) == {"done", "shutting_down"}, ends
    system.up()
    return f"one of two agents stops in the middle of {STREAMS} streams: {dict(ends)}, and all new chats are answered"


def survives(system: System) -> str:
    system.answer("log squats", sub="victor")
    before = system.container("mcp")
    system.down()
    system.up()
    assert system.container("mcp") != before, "the same container"
    listed = system.answer("read", sub="victor")
    assert "Barbell Back Squat: 5 @ 100 kg" in listed, listed
    return "what was logged is there after down and up, in new containers"


CHECKS = (
    image, size, compose, health, private, stream, workout, run, read_only, powerless, healthcheck, shutdown,
    replicas, survives,
)  # fmt: skip


def passes(check, system: System) -> bool:
    try:
        print(f"PASS {check.__name__}: {check(system)}", flush=True)
        return True
    except Exception as error:  # whatever went wrong, the next check is run
        what = error if isinstance(error, AssertionError) else "".join(traceback.format_exception(error))
        print(f"FAIL {check.__name__}: {what}", flush=True)
        return False


def main() -> int:
    names = {check.__name__: check for check in CHECKS}
    unknown = [name for name in sys.argv[1:] if name not in names]
    if unknown:
        print(f"no such check: {' '.join(unknown)}; there are {' '.join(names)}", file=sys.stderr)
        return 2
    chosen = [names[name] for name in sys.argv[1:]] or CHECKS
    passed = 0
    try:
        with running() as system:
            passed = sum(passes(check, system) for check in chosen)
    except (AssertionError, OSError) as error:
        # Uncounted checks count as failed; at least one does.
        print(f"FAIL start or end: {error}; logs: {STORE}/*.log")
        passed = min(passed, len(chosen) - 1)
    print(f"{passed} passed, {len(chosen) - passed} failed")
    return 0 if passed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
