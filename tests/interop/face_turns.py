"""What the checks of the other faces of a turn (`/chat/ui`, `/chat/agui`) share: the scripted Claude, the servers, and the
comparison with `/chat`."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpx

from fake_claude import FakeClaude, message, text, thinking, tool_use, user
from harness import AGENT_TOKEN, DEADLINE, HERE, Agent, Json, Workouts, ok, user_token

SQUATS = {"exercise_id": "barbell-back-squat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}
# Between two pieces of the text that does not end.
PACE = 0.02
# For the log alone: no client may read this.
UPSTREAM_WORDS = "words of the upstream"
# Both faces and /chat are told who asks and where; the day may change in between.
USER = {"client_timezone": "America/Denver", "display_name": "Sam"}
DAY = re.compile(r"(?:\w+day, )?\d{4}-\d\d-\d\d")
WORKOUT_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
# The conversation that is held over each face and over /chat, with the answers to its held calls.
COMPARED = ["hello", "think", "log", "bad", "log", "delete both", "compare"]
ANSWERS: list[Json] = [{"approved": True}, {"approved": False, "reason": "keep it"}]


def blocks(entry: Json) -> list[Json]:
    return [text(entry["content"])] if isinstance(entry["content"], str) else entry["content"]


def asked(messages: list[Json]) -> str:
    """What the user has asked last."""
    said: list[str] = [block["text"] for entry in messages if entry["role"] == "user" for block in blocks(entry) if block["type"] == "text"]
    return said[-1]


def reply(body: Json) -> Iterable[Json]:
    """One reply of Claude: by the user's words, or, to the results of tools, the end of the turn."""
    messages = body["messages"]
    words = asked(messages)
    if not any(block["type"] == "text" for block in blocks(messages[-1])):
        if words == "think":
            return message(thinking("They are listed.\n", "signature two"), text("Thought about.\n"))
        if words == "delete, then fail":
            return broken("fail", text(""))
        return message(text(f"Done: {words}.\n"))
    calls = sum(block["type"] == "tool_use" for entry in messages for block in blocks(entry))
    logged = list(dict.fromkeys(WORKOUT_ID.findall(json.dumps([blocks(entry) for entry in messages]))))

    def call(number: int, name: str, given: Json) -> Json:
        return tool_use(f"toolu_{calls + number}", name, given)

    match words:
        case "think":
            thought = thinking("Which exercises\nare there?\n", "signature one")
            asked_for = call(1, "list_exercises", {"query": "bench press", "limit": 1})
            return message(thought, text("One moment.\n"), asked_for, stop_reason="tool_use")
        case "log":
            return message(call(1, "create_workout", {"exercises": [SQUATS]}), stop_reason="tool_use")
        case "list":
            return message(call(1, "list_workouts", {}), stop_reason="tool_use")
        case "bad":
            return message(call(1, "list_workouts", {"limit": "many"}), stop_reason="tool_use")
        case "delete" | "delete, then fail":
            return message(call(1, "delete_workout", {"workout_id": logged[-1]}), stop_reason="tool_use")
        case "delete both":
            deletions = [call(2 * at + 1, "delete_workout", {"workout_id": id}) for at, id in enumerate(logged[-2:])]
            deletions.insert(1, call(2, "list_workouts", {}))
            return message(*deletions, stop_reason="tool_use")
        case "look":
            return message(text(json.dumps(seen(messages[-1]))))
        case "fail" | "fail at once" | "cut":
            return broken(words, call(1, "list_workouts", {"limit": 2}))
        case "endless":
            return endless()
        case _:
            return message(text(f"You said\n{words}.\n"))


def seen(entry: Json) -> list[list[str]]:
    """The images and documents of a message: type, media type, and the digest of what was sent."""
    sources = [(block["type"], block["source"]) for block in blocks(entry) if "source" in block]
    return [[type, it["media_type"], hashlib.sha256(b64decode(it["data"])).hexdigest()] for type, it in sources]


def broken(words: str, next: Json) -> Iterator[Json]:
    """A reply that fails before its first word, after some, or in the middle of its second block."""
    started, _, *events = message(text("Half of it.\n"), next)
    if words != "fail at once":
        yield started
        begun = {"fail": 2, "cut": 6}[words]
        yield from events[:begun]
    if words != "cut":
        yield {"type": "error", "error": {"type": "api_error", "message": UPSTREAM_WORDS}}


def endless() -> Iterator[Json]:
    started, _, begun, delta, *_ = message(text("And so on.\n"))
    yield started
    yield begun
    for _ in range(int(DEADLINE / PACE)):
        yield delta
        time.sleep(PACE)


@contextmanager
def served(**settings: str) -> Iterator[tuple[FakeClaude, Agent]]:
    """The agent with the workout server and the scripted Claude; calls that delete wait for the user's word."""
    with (
        Workouts() as workouts,
        FakeClaude(reply) as claude,
        Agent(
            workouts.url,
            claude.url,
            AGENT_APPROVALS="destructive",
            CLAUDE_MAX_RETRIES="0",
            PROG_STRENGTH_MCP_TOKEN=AGENT_TOKEN,
            RATE_LIMIT_MAX="0",
            **settings,
        ) as agent,
    ):
        agent.wait_ready()
        yield claude, agent
        assert agent.terminate() == 0
        assert workouts.terminate() == 0


def node_client(name: str, command: list[str], url: str, claude: FakeClaude) -> None:
    """Runs a client in JavaScript; each line that it writes is a fact."""
    # By a user who has no other workouts, as over /chat.
    conversation = {"turns": COMPARED, "answers": ANSWERS, "user": USER, "bearer": user_token("dan")}
    given = [url, user_token("ann"), claude.url, json.dumps(conversation)]
    done = subprocess.run([*command, *given], cwd=HERE, capture_output=True, text=True, timeout=DEADLINE, check=False)
    for fact in done.stdout.splitlines():
        ok(name, fact)
    assert done.returncode == 0, done.stderr


def compared_request(claude: FakeClaude) -> Json:
    """The last request with the last words of `COMPARED`; ids of workouts differ from user to user."""
    [*_, body] = [body for body in claude.bodies if asked(body["messages"]) == COMPARED[-1]]
    known: dict[str, str] = {}
    anonymous = WORKOUT_ID.sub(lambda id: known.setdefault(id[0], f"workout {len(known)}"), json.dumps(body))
    result: Json = json.loads(DAY.sub("that day", anonymous))
    return result


def check_same_request(name: str, claude: FakeClaude, agent: Agent) -> None:
    """After the same conversation over a face and over /chat, Claude is asked the same, to the byte."""
    by_face = compared_request(claude)
    history: list[Json] = []
    for words in COMPARED:
        history.append(user(words))
        turn = chat(agent, history, [])
        history += turn["messages"]
        if held := turn.get("approvals"):
            answers = [{"token": it["token"], **answer} for it, answer in zip(held, ANSWERS, strict=True)]
            history += chat(agent, history, answers)["messages"]
    by_chat = compared_request(claude)
    different = [field for field in by_chat if json.dumps(by_chat[field]) != json.dumps(by_face.get(field))]
    assert by_face.keys() == by_chat.keys() and not different, [(by_face[field], by_chat[field]) for field in different]
    assert USER["display_name"] in json.dumps(by_chat["system"]), by_chat["system"]
    ok(name, f"after {len(COMPARED)} turns Claude is asked the same as over /chat, {len(by_chat['messages'])} messages to the byte")


def chat(agent: Agent, history: list[Json], answers: list[Json]) -> Json:
    body = {"messages": history, "approvals": answers, **USER}
    answer = httpx.post(f"{agent.url}/chat", headers=agent.headers("bea"), json=body, timeout=DEADLINE)
    assert answer.status_code == 200, (answer.status_code, answer.text)
    turn: Json = answer.json()
    return turn
