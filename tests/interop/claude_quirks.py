"""What servers of the Messages API send beside the usual, and what a kind client makes of it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import replace

from fake_claude import message, text, tool_results, tool_use, user
from harness import Json
from scripted_server import EVENTS, Answer, Case, Quirk, Request, gzipped, moved

# The reply, as the check words it.
SAID = "Leg day 😀"
CALLED = 'echo {"note": "😀"}'
FRAME = "event: {name}\ndata: {data}\n\n"

Events = list[Json]


def stream(events: Iterable[Json], frame: str = FRAME) -> Answer:
    frames = [frame.format(name=event["type"], data=json.dumps(event)) for event in events]
    return Answer("".join(frames), EVENTS)


def usual(request: Request) -> Answer:
    """The answer of a server without quirks."""
    return stream(message(text("Done." if tool_results(request.body) else SAID)))


def changed(change: Callable[[Answer], Answer]) -> Quirk:
    return lambda request: change(usual(request))


def edited(edit: Callable[[Events], Iterable[Json]], stop_reason: str = "end_turn") -> Quirk:
    """The events of a reply, edited."""
    events = list(edit(list(message(text(SAID), stop_reason=stop_reason))))
    return lambda request: None if tool_results(request.body) else stream(events)


def inserted(event: Json, at: int = 3) -> Quirk:
    """One event more: the fourth is in the first block."""
    return edited(lambda events: [*events[:at], event, *events[at:]])


def left_out(event_type: str) -> Quirk:
    return edited(lambda events: [event for event in events if event["type"] != event_type])


def each(change: Callable[[Json], Json]) -> Quirk:
    return edited(lambda events: map(change, events))


def block(start: Json, *deltas: Json, then: Iterable[Json] = ()) -> Quirk:
    """A reply of one block with these deltas, and the blocks of `then` as usual."""
    begin: Json = {"type": "content_block_start", "index": 0, "content_block": start}
    middle = [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]
    end: Json = {"type": "content_block_stop", "index": 0}
    later = [{**event, "index": event["index"] + 1} for event in message(*then) if "index" in event]
    stop_reason = "tool_use" if start["type"] == "tool_use" else "end_turn"
    return edited(lambda events: [*events[:2], begin, *middle, end, *later, *events[-2:]], stop_reason)


def texts(*parts: str) -> list[Json]:
    return [{"type": "text_delta", "text": part} for part in parts]


def thoughts(*parts: str) -> list[Json]:
    signed = {"type": "signature_delta", "signature": "c2ln"}
    return [*({"type": "thinking_delta", "thinking": part} for part in parts), signed]


def inputs(*parts: str) -> list[Json]:
    return [{"type": "input_json_delta", "partial_json": part} for part in parts]


def replaced(value: object, key: str, new: object) -> object:
    """The value with another one for each `key`, at any depth."""
    if isinstance(value, dict):
        return {name: new if name == key else replaced(inner, key, new) for name, inner in value.items()}
    return value


def nulled(key: str) -> Quirk:
    return edited(lambda events: [replaced(event, key, None) for event in events])  # type: ignore[misc]


def first(answer: Answer) -> Quirk:
    """The answer to every other request."""
    turns = itertools.count()
    return lambda _: answer if next(turns) % 2 == 0 else None


def failing(kind: str, status: int, told: str = "no") -> Answer:
    body = json.dumps({"type": "error", "error": {"type": kind, "message": told}})
    return Answer(body, status=status, headers={"retry-after-ms": "1"})


def refusing_thinking(request: Request) -> Answer | None:
    told = "messages.1.content.0: Invalid `signature` in `thinking` block"
    is_signed = "signature" in json.dumps(request.body["messages"])
    return failing("invalid_request_error", 400, told) if is_signed else None


TEXT: Json = {"type": "text", "text": ""}
THOUGHT: Json = {"type": "thinking", "thinking": "", "signature": ""}
TOOL = tool_use("toolu_1", "echo", {})
NOTE = {"note": "😀"}
HALVES = ("Leg day \ud83d", "\ude00")
OVERLOADED: Json = {"type": "error", "error": {"type": "overloaded_error", "message": "no"}}
UNKNOWN: Json = {"type": "surprise", "x": {"y": 1}}
UNKNOWN_DELTA: Json = {"type": "surprise_delta", "x": 1}
OTHER_DAY = (
    user("Hi"),
    {"role": "assistant", "content": [{**THOUGHT, "signature": "c2ln"}, text("Hi.")]},
    user("Legs?"),
)
CYBER = {"type": "refusal", "category": "cyber"}
BROKEN = "502 model_error"
REDIRECTED = "contract, section 6: redirects of MCP servers are followed; of others there is no promise"

CASES = [
    Case("nothing unusual", lambda _: None, SAID),
    # HTTP
    Case("gzip where it is accepted", changed(gzipped), SAID, only_for_gzip=True),
    Case(
        "gzip, though not accepted",
        changed(gzipped),
        SAID,
        reason="contract, section 5: an answer in a coding that was not accepted is named in the log",
        instead=BROKEN,
        log='compressed coding="gzip"',
    ),
    Case("529 once", first(failing("overloaded_error", 529)), SAID),
    Case("529 once, in gzip", first(gzipped(failing("overloaded_error", 529))), SAID),
    Case(
        "Text/Event-Stream; Charset=UTF-8",
        changed(lambda it: replace(it, media_type="Text/Event-Stream; Charset=UTF-8")),
        SAID,
    ),
    Case("no media type", changed(lambda it: replace(it, media_type=None)), SAID),
    Case("redirect 307", moved(307), SAID, reason=REDIRECTED, instead=BROKEN, log="answered 307"),
    Case("redirect 308", moved(308), SAID, reason=REDIRECTED, instead=BROKEN, log="answered 308"),
    # Event streams
    Case(
        "events: CRLF, comments", changed(lambda it: replace(it, body=": hi\r\n" + it.text.replace("\n", "\r\n"))), SAID
    ),
    Case("events without names", changed(lambda it: stream(message(text(SAID)), "data: {data}\n\n")), SAID, sdk=False),
    Case("events: [DONE] at the end", changed(lambda it: replace(it, body=it.text + "data: [DONE]\n\n")), SAID),
    Case(
        "events: `keepalive` with text",
        changed(lambda it: replace(it, body=f"event: keepalive\ndata: x\n\n{it.text}")),
        SAID,
        sdk=False,
    ),
    Case(
        "events: no empty line at the end",
        changed(lambda it: replace(it, body=it.text.rstrip())),
        SAID,
        reason="the event stream's rules: an event without its empty line is not one",
        instead=BROKEN,
    ),
    Case(
        "no message_stop",
        left_out("message_stop"),
        SAID,
        reason="contract, section 5: a reply that ends without message_stop is a failure, never a result",
        instead=BROKEN,
    ),
    Case("no content_block_stop", left_out("content_block_stop"), SAID),
    Case("no message_start", left_out("message_start"), SAID, sdk=False),
    Case("error event once", first(stream([OVERLOADED])), SAID, sdk=False),
    Case("unknown event", inserted(UNKNOWN), SAID),
    Case("unknown event first", inserted(UNKNOWN, at=0), SAID),
    Case("unknown delta", inserted({"type": "content_block_delta", "index": 0, "delta": UNKNOWN_DELTA}), SAID),
    Case("unknown block", block(UNKNOWN, UNKNOWN_DELTA, then=[text(SAID)]), SAID),
    Case("unknown stop reason", edited(lambda events: events, "surprise"), SAID),
    # JSON
    Case("half pairs in text", block(TEXT, *texts(*HALVES)), SAID),
    Case("half a pair alone", block(TEXT, *texts("Leg day \ud83d")), "Leg day \ufffd"),
    Case("half pairs in thinking", block(THOUGHT, *thoughts(*HALVES), then=[text(SAID)]), f"{SAID} + {SAID}"),
    Case("half pairs in an input, as escapes", block(TOOL, *inputs('{"note": "\\ud83d', '\\ude00"}')), CALLED),
    Case("half pairs in an input", block(TOOL, *inputs('{"note": "\ud83d', '\ude00"}')), CALLED, sdk=False),
    Case(
        "half a pair alone in an input",
        block(TOOL, *inputs('{"note": "\\ud83d"}')),
        'echo {"note": "\ufffd"}',
        sdk=False,
    ),
    Case("NaN in an event", each(lambda event: {**event, "cost": float("nan")}), SAID),
    Case("1e400 in an event", changed(lambda it: replace(it, body=it.text.replace("{", '{"cost": 1e400, '))), SAID),
    Case("null counts of tokens", nulled("input_tokens"), SAID),
    Case("no usage", nulled("usage"), SAID, sdk=False),
    # Blocks
    Case("text in the start of its block", block(text(SAID)), SAID),
    Case("text null in the start of its block", block({**TEXT, "text": None}, *texts(SAID)), SAID, sdk=False),
    Case("input in the start of its block", block({**TOOL, "input": NOTE}), CALLED),
    Case("input null in the start of its block", block({**TOOL, "input": None}, *inputs(json.dumps(NOTE))), CALLED),
    Case("first block not of index 0", each(lambda it: {**it, "index": 1} if "index" in it else it), SAID, sdk=False),
    Case(
        "refusal with details",
        each(
            lambda it: (
                {**it, "delta": {"stop_reason": "refusal", "stop_details": CYBER}}
                if it["type"] == "message_delta"
                else it
            )
        ),
        SAID,
    ),
    Case("thinking bound to another prefix", refusing_thinking, SAID, sdk=False, history=OTHER_DAY),
]
