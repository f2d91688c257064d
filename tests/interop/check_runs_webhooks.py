"""Checks the webhooks of runs with the library `standardwebhooks`: it verifies callbacks, and signs for skills."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from fake_claude import FakeClaude, message, text
from harness import Json, clean_exit_on_sigterm, ok, wait_until
from runs_server import Runs
from scripted_server import Answer, Request, ScriptedServer

NAME = "runs-webhooks"
OLD, NEW, OTHER = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2, 3))
KEYS = f"k1:{base64.b64encode(bytes(32)).decode()}"
TOLERANCE = 300


def answer(body: Json) -> Iterable[Json]:
    return message(text(f"Read: {json.dumps(body['messages'], ensure_ascii=False)}"))


@dataclass
class Receiver:
    """Keeps what was sent, and answers one request after another as it is told; in the end with 204."""

    answers: list[Answer] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else Answer(status=204, media_type=None)

    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.requests]


def is_valid(secret: str, request: Request, content: bytes | None = None) -> bool:
    try:
        Webhook(secret).verify(content or request.content, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


def delivery(runs: Runs, run: Json) -> Json:
    [found] = runs.json("GET", f"/runs/{run['executionId']}/deliveries")["deliveries"]
    return found  # type: ignore[no-any-return]


def called_back(runs: Runs, receiver: Receiver, url: str, *answers: Answer) -> tuple[Json, Json]:
    """A run, and its delivery once it has ended."""
    receiver.answers, receiver.requests[:] = list(answers), []
    run = runs.run("Hi", callbackUrl=f"{url}/hook?of=ann")
    wait_until("the end of the delivery", lambda: delivery(runs, run)["state"] != "pending")
    return run, delivery(runs, run)


def check_signatures(runs: Runs, receiver: Receiver, url: str) -> None:
    run, delivered = called_back(runs, receiver, url)
    [request] = receiver.requests
    assert request.method == "POST" and request.path == "/hook?of=ann", request
    assert is_valid(OLD, request) and is_valid(NEW, request), request
    ok(NAME, "a callback is verified by the old and by the new secret")
    assert not is_valid(OTHER, request) and not is_valid(OLD, request, request.content + b" ")
    ok(f"{NAME} self-test", "another secret and another body are not verified")
    data = {"executionId": run["executionId"], "requestId": run["requestId"], "status": "completed"}
    assert request.body["type"] == "run.completed" and request.body["data"] == data, request.body
    assert datetime.fromisoformat(request.body["timestamp"]).tzinfo is not None, request.body
    assert request.body.keys() == {"type", "timestamp", "data"}, request.body
    assert delivered["state"] == "delivered" and delivered["id"] == request.headers["webhook-id"], delivered
    ok(NAME, "a callback says which run ended how, and the delivery has its id")


def check_retries(runs: Runs, receiver: Receiver, url: str) -> None:
    wait = {"Retry-After": "1"}
    answers = Answer(status=503, headers=wait), Answer(status=307, headers={**wait, "Location": f"{url}/elsewhere"})
    run, delivered = called_back(runs, receiver, url, *answers)
    assert delivered["state"] == "delivered" and delivered["attempts"] == 3, delivered
    assert len(receiver.requests) == 3 and set(receiver.ids()) == {delivered["id"]}, receiver.ids()
    assert all(request.path == "/hook?of=ann" for request in receiver.requests), receiver.requests
    assert all(is_valid(OLD, request) and is_valid(NEW, request) for request in receiver.requests)
    assert len({request.content for request in receiver.requests}) == 1
    times = [int(request.headers["webhook-timestamp"]) for request in receiver.requests]
    assert times == sorted(set(times)), times
    ok(NAME, "what fails is sent again: the same id and body, a new timestamp, no redirect")

    again = runs.request("POST", f"/runs/{run['executionId']}/deliveries/{delivered['id']}/redeliver")
    assert again.status_code == 202, again.text
    wait_until("the callback", lambda: len(receiver.requests) == 4)
    assert set(receiver.ids()) == {delivered["id"]} and is_valid(NEW, receiver.requests[-1])
    ok(NAME, "a redelivery has the same id")


def check_gone(runs: Runs, receiver: Receiver, url: str) -> None:
    gone = Answer(status=410, headers={"Retry-After": "1"})
    _, given_up = called_back(runs, receiver, url, gone)
    assert given_up["state"] == "failed" and given_up["lastStatus"] == 410 and given_up["nextAt"] is None, given_up
    assert len(receiver.requests) == 1
    # The next one comes after what would have been the time of a repetition.
    called_back(runs, receiver, url, Answer(status=500, headers={"Retry-After": "2"}))
    assert given_up["id"] not in receiver.ids(), receiver.ids()
    ok(NAME, "410 ends a callback")


def signed(secret: str, id: str, body: str, at: datetime) -> dict[str, str]:
    signature = Webhook(secret).sign(id, at, body)
    stamp = str(int(at.timestamp()))
    return {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": signature}


def check_hooks(runs: Runs, receiver: Receiver) -> None:
    content = {"name": "hook", "steps": [{"prompt": "Look", "connections": []}], "trigger": {"type": "webhook"}}
    skill = runs.json("POST", "/skills", content, status=201)
    url, secret = f"{runs.url}/hooks/{skill['id']}", skill["secret"]
    body, now = json.dumps({"lift": "squat – 100 kg"}, ensure_ascii=False), datetime.now(timezone.utc)
    post: Callable[[dict[str, str]], httpx.Response] = lambda headers: httpx.post(
        url, content=body.encode(), headers={"Content-Type": "application/json", **headers}
    )

    accepted = post(signed(secret, "msg_1", body, now))
    assert accepted.status_code == 202, accepted.text
    assert accepted.json()["requestId"] == "msg_1", accepted.text
    again = post(signed(secret, "msg_1", body, now))
    assert again.status_code == 202 and again.json() == accepted.json(), again.text
    assert again.headers["idempotency-replayed"] == "true", again.headers
    path = f"/runs/{accepted.json()['executionId']}?wait=30"
    run = runs.json("GET", path)
    assert run["trigger"] == "webhook" and run["skillId"] == skill["id"] and run["status"] == "completed", run
    assert "squat – 100 kg" in run["response"], run
    ok(NAME, "a signed request runs a skill with its body, and the same one again is the same run")

    rotated = runs.json("POST", f"/skills/{skill['id']}/rotate-secret")["secret"]
    assert post(signed(rotated, "msg_2", body, now)).status_code == 202
    late = timedelta(seconds=TOLERANCE + 5)
    right = signed(rotated, "msg_3", body, now)
    wrong = [
        {},
        signed(secret, "msg_3", body, now),
        signed(rotated, "msg_3", f"{body} ", now),
        signed(rotated, "msg_3", body, now - late),
        signed(rotated, "msg_3", body, now + late),
        {**right, "webhook-id": "msg_4"},
        {**right, "webhook-signature": right["webhook-signature"].replace("v1,", "v1a,")},
        {**right, "webhook-signature": ""},
    ]
    bodies = {post(headers).text.split('"request_id"')[0] for headers in wrong}
    assert [post(headers).status_code for headers in wrong] == [401] * len(wrong), bodies
    assert len(bodies) == 1, bodies
    # Several signatures, as while rotating.
    signatures = f"{signed(secret, 'msg_3', body, now)['webhook-signature']} {right['webhook-signature']}"
    assert post({**right, "webhook-signature": signatures}).status_code == 202
    ok(NAME, f"{len(wrong)} wrong signatures are refused with one body, and one of several signatures is enough")


if __name__ == "__main__":
    clean_exit_on_sigterm()
    receiver = Receiver()
    with (
        FakeClaude(answer) as claude,
        ScriptedServer(receiver) as hooks,
        tempfile.TemporaryDirectory(prefix="interop-runs-") as directory,
    ):
        settings = {
            "CALLBACK_SECRET": f"{NEW} {OLD}",
            "OUTBOUND_ALLOW": hooks.url.removeprefix("http://"),
            "RUNS_ENCRYPTION_KEYS": KEYS,
            "DATABASE_URL": f"sqlite:{directory}/runs.db",
            "FILES_URL": f"file:{directory}/files",
        }
        with Runs(claude.url, **settings) as runs:
            check_signatures(runs, receiver, hooks.url)
            check_retries(runs, receiver, hooks.url)
            check_gone(runs, receiver, hooks.url)
            check_hooks(runs, receiver)
            assert runs.terminate() == 0
