"""Checks two replicas of the agent behind the shipped Caddyfile, in the Caddy that the argument names: a user stays on one, and one
that stops sends nobody away."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx

from check_caddy import derive, environment
from fake_claude import FakeClaude, message, text, user
from harness import (
    AGENT_TOKEN,
    DEADLINE,
    ROOT,
    SIGNING_KEY,
    Event,
    Json,
    Process,
    Workouts,
    clean_exit_on_sigterm,
    free_port,
    ok,
    parse_sse,
    user_token,
    wait_until,
)
from name_server import NameServer

STREAMS = 50
GRACE_SECS = 6
# How long new chats are made after a replica has ended: longer than Caddy keeps its address.
AFTER_SECS = 3
HOSTS = ("127.0.0.1", "127.0.0.2")


class HoldingClaude:
    """Answers at once; `hold …` begins an answer, and ends it when the gate of these words opens."""

    def __init__(self) -> None:
        self.gates = {words: threading.Event() for words in ("hold", "hold on", "hold once")}

    def answer(self, body: Json) -> Iterator[Json]:
        gate = self.gates.get(body["messages"][-1]["content"][-1]["text"])
        for event in message(text("one\ntwo\n")):
            yield event
            if gate is not None and event["type"] == "content_block_delta":
                while not gate.wait(1):
                    yield {"type": "ping"}


class Replica(Process):
    def __init__(self, host: str, port: int, claude: str, mcp: str) -> None:
        self.host, self.url = host, f"http://{host}:{port}"
        env = {
            "AGENT_HOST": host,
            "AGENT_PORT": str(port),
            "AGENT_SHUTDOWN_GRACE_SECS": str(GRACE_SECS),
            "ANTHROPIC_API_KEY": "an-interop-key",
            "ANTHROPIC_BASE_URL": claude,
            "JWT_SIGNING_KEY": SIGNING_KEY,
            "LOG_FORMAT": "pretty",
            "PROG_STRENGTH_MCP_TOKEN": AGENT_TOKEN,
            "PROG_STRENGTH_MCP_URL": mcp,
            "RATE_LIMIT_MAX": "1000",
            "RATE_LIMIT_WINDOW_SECS": "86400",
        }
        super().__init__("replica", [os.environ["AGENT_BIN"], "serve"], env)

    def is_ready(self) -> bool:
        assert self.running(), f"a replica ended:\n{self.log()}"
        return httpx.get(f"{self.url}/ready").status_code == 200

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()

    def in_flight(self) -> int:
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("chat_in_flight "))


class Site:
    """Clients that come through Caddy."""

    def __init__(self, url: str) -> None:
        self.url = url
        with ThreadPoolExecutor() as pool:
            names = [f"user-{number}" for number in range(STREAMS)]
            self.tokens = dict(zip(names, pool.map(user_token, names), strict=True))

    def chat(self, sub: str, words: str = "hello") -> httpx.Response:
        """A chat of this user's, without a stream."""
        body = {"messages": [user(words)]}
        return httpx.post(f"{self.url}/chat", headers=self._headers(sub), json=body, timeout=DEADLINE)

    def stream(self, sub: str, words: str, began: threading.Barrier) -> list[Event]:
        body = {"messages": [user(words)], "stream": True}
        headers = self._headers(sub)
        with httpx.stream("POST", f"{self.url}/chat", headers=headers, json=body, timeout=DEADLINE) as response:
            assert response.status_code == 200, (response.status_code, response.read())
            events = parse_sse(response.iter_lines())
            seen = list(itertools.islice(events, 2))
            assert [event.type for event in seen] == ["model_chosen", "text_delta"], seen
            began.wait(DEADLINE)
            return [*seen, *events]

    def _headers(self, sub: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[sub]}"}


def check_sticky(site: Site) -> None:
    """What is left of a user's limit falls by one with each chat: all of them are counted in one place."""
    for sub in list(site.tokens)[:8]:
        left = [site.chat(sub).headers["ratelimit"] for _ in range(5)]
        left = [int(header.split("r=")[1].split(";")[0]) for header in left]
        assert left == list(range(left[0], left[0] - 5, -1)), (sub, left)
    ok("replicas limit", "a user's chats are counted by one replica, exactly")


def check_killed(site: Site, replicas: list[Replica], names: NameServer, claude: FakeClaude) -> Replica:
    """Kills a replica that is answering; returns it."""

    def asked() -> int:
        return sum("hold once" in json.dumps(body["messages"]) for body in claude.bodies)

    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(site.chat, "user-3", "hold once")
        wait_until("the chat is with Claude", asked)
        [killed] = [replica for replica in replicas if replica.in_flight()]
        killed.kill()
        names.addresses = [address for address in names.addresses if address != killed.host]
        assert pending.result().status_code == 502, pending.result().text
    next_one = site.chat("user-3")
    assert next_one.status_code == 200, next_one.text
    assert asked() == 1, "a request was sent to two replicas"
    ok("replicas killed", "what a replica was sent before it was killed goes to no other one; the user's next chat does")
    return killed


def check_stop(site: Site, replicas: list[Replica], names: NameServer, claude: HoldingClaude) -> None:
    """Stops a replica in the middle of the streams; those of every fifth user do not end by themselves."""
    began = threading.Barrier(STREAMS + 1)
    words = ["hold on" if number % 5 == 0 else "hold" for number in range(STREAMS)]
    with ThreadPoolExecutor(STREAMS + 2) as pool:
        streams = [
            pool.submit(site.stream, sub, said, began) for sub, said in zip(site.tokens, words, strict=True)
        ]
        began.wait(DEADLINE)
        stopped, other = replicas
        shares = [replica.in_flight() for replica in replicas]
        assert sum(shares) == STREAMS and min(shares) >= STREAMS // 5, shares
        ended = threading.Event()
        chats = pool.submit(chat_until, site, ended)
        try:
            stopping = pool.submit(stop, stopped, names)
            wait_until("the replica drains", lambda: httpx.get(f"{stopped.url}/ready").status_code == 503)
            claude.gates["hold"].set()
            assert stopping.result() == 0, stopped.log()
            claude.gates["hold on"].set()
            last = [stream.result()[-1] for stream in streams]
            time.sleep(AFTER_SECS)
        finally:
            ended.set()
            for gate in claude.gates.values():
                gate.set()
        statuses, slowest = chats.result()
    judge(words, last, shares)
    assert set(statuses) == {200}, statuses
    ok("replicas new chats", f"{statuses[200]} new chats meanwhile and after: all answered, the slowest after {slowest:.1f} s")


def judge(words: list[str], last: list[Event], shares: list[int]) -> None:
    ends = Counter((said, event.type, event.data.get("code")) for said, event in zip(words, last, strict=True))
    cut = ends.pop(("hold on", "error", "shutting_down"), 0)
    assert set(ends) == {("hold", "done", None), ("hold on", "done", None)}, ends
    assert 0 < cut < shares[0], (cut, shares)
    ok(
        "replicas streams",
        f"{STREAMS} streams, {shares[0]} of them at the replica that stops: {cut} end with shutting_down, all others complete",
    )


def stop(replica: Replica, names: NameServer) -> int:
    """As a container runtime does: SIGTERM, and the address goes when the process has ended."""
    code = replica.terminate()
    names.addresses = [address for address in names.addresses if address != replica.host]
    return code


def chat_until(site: Site, ended: threading.Event) -> tuple[Counter[int], float]:
    """New chats of every user in turn."""
    statuses: Counter[int] = Counter()
    slowest = 0.0
    for sub in itertools.cycle(site.tokens):
        if ended.is_set():
            return statuses, slowest
        began = time.monotonic()
        answer = site.chat(sub)
        statuses[answer.status_code] += 1
        assert answer.status_code == 200, (sub, answer.status_code, answer.text, dict(answer.headers))
        slowest = max(slowest, time.monotonic() - began)
    raise AssertionError("there are users")


def check_last(site: Site, last: Replica, names: NameServer, claude: HoldingClaude) -> None:
    """When no replica takes chats, the answer is the service's own."""
    claude.gates["for ever"] = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        began = threading.Barrier(2)
        stream = pool.submit(site.stream, "user-0", "for ever", began)
        began.wait(DEADLINE)
        stopping = pool.submit(stop, last, names)
        wait_until("the replica drains", lambda: httpx.get(f"{last.url}/ready").status_code == 503)
        refused = site.chat("user-1")
        assert (refused.status_code, refused.json()["code"]) == (503, "shutting_down"), refused.text
        assert refused.headers["retry-after"], refused.headers
        assert stream.result()[-1].data["code"] == "shutting_down"
        assert stopping.result() == 0, last.log()
    ok("replicas last", "when all replicas are shutting down, a new chat gets their own answer")


def main(caddy_program: str) -> None:
    script, port = HoldingClaude(), free_port()
    url = f"http://127.0.0.1:{free_port()}"
    with (
        ExitStack() as stack,
        tempfile.TemporaryDirectory(prefix="interop-replicas-") as home,
        FakeClaude(script.answer) as claude,
        Workouts() as workouts,
        NameServer(list(HOSTS)) as names,
    ):

        def start(host: str) -> Replica:
            replica = stack.enter_context(Replica(host, port, claude.url, workouts.url))
            wait_until("a replica", replica.is_ready)
            return replica

        replicas = [start(host) for host in HOSTS]
        derived = Path(home, "Caddyfile")
        runs_site = f"http://127.0.0.1:{free_port()}"
        caddyfile = derive((ROOT / "Caddyfile").read_text(), url, runs_site, f"agent.test {port}")
        derived.write_text(caddyfile.replace("refresh 1s", f"refresh 1s\n\t\tresolvers udp/{names.address}"))
        command = [caddy_program, "run", "--adapter", "caddyfile", "--config", str(derived)]
        with Process("caddy", command, environment(Path(home))) as caddy:
            wait_until("Caddy", lambda: caddy.running() and httpx.get(f"{url}/health").status_code == 200)
            version = subprocess.run([caddy_program, "version"], check=True, capture_output=True, text=True)
            print(f"Caddy {version.stdout.split()[0]}")
            site = Site(url)
            check_sticky(site)
            killed = check_killed(site, replicas, names, claude)
            replicas[replicas.index(killed)] = start(killed.host)
            names.addresses = list(HOSTS)
            # Longer than Caddy keeps addresses.
            time.sleep(AFTER_SECS)
            check_stop(site, replicas, names, script)
            check_last(site, replicas[1], names, script)


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main(sys.argv[1])
