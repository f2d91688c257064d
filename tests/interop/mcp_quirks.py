"""What MCP servers send beside the usual, and what a kind client makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from harness import Json
from scripted_server import EVENTS, Answer, Case, Quirk, Request, gzipped, moved

ECHO: Json = {"name": "echo", "description": "Says ok.", "inputSchema": {"type": "object"}}
SECOND: Json = {**ECHO, "name": "second"}
TEXT: Json = {"type": "text", "text": "ok"}
SERVER = {"name": "quirks", "version": "1"}
RESULTS: dict[str, Json] = {
    "initialize": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": SERVER},
    "tools/list": {"tools": [ECHO]},
    "tools/call": {"content": [TEXT]},
    "ping": {},
}
MESSAGE = "event: message\ndata: {}\n\n"
# One pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

# The catalogue and the result of `echo`, as the check words them.
KIND = "echo: ok"
UNKNOWN = "echo: outcome unknown, check first"
NO_SESSION = "503 tools_unavailable"


def enveloped(request: Request, result: str) -> Answer:
    return Answer(f'{{"jsonrpc":"2.0","id":{request.body["id"]},"result":{result}}}')


def is_call(request: Request, method: str | None = None) -> bool:
    """True for a request of this method, or of any."""
    made = request.body.get("method")
    return "id" in request.body and made is not None and method in (None, made)


def usual(request: Request) -> Answer:
    """The answer of a server without quirks (and without sessions)."""
    if request.method != "POST":
        return Answer(status=405)
    if not is_call(request):
        return Answer(status=202)
    return enveloped(request, json.dumps(RESULTS[request.body["method"]]))


def changed(change: Callable[[Answer], Answer], method: str | None = None) -> Quirk:
    """The usual answers to requests, changed."""
    return lambda request: change(usual(request)) if is_call(request, method) else None


def typed(media_type: str) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, media_type=media_type)


def as_events(frame: str = MESSAGE, media_type: str = EVENTS) -> Callable[[Answer], Answer]:
    return lambda answer: Answer(frame.format(answer.text), media_type)


def in_all(members: str, frame: str | None = None) -> Quirk:
    """These members in the envelope of each answer."""
    framed = as_events(frame) if frame else lambda answer: answer
    return changed(lambda it: framed(replace(it, body=it.text.replace('"2.0"', f'"2.0",{members}', 1))))


def text_ids(then: Callable[[Answer], Answer] = lambda answer: answer) -> Quirk:
    def quirk(request: Request) -> Answer | None:
        if not is_call(request):
            return None
        number, answer = request.body["id"], usual(request)
        return then(replace(answer, body=answer.text.replace(f'"id":{number}', f'"id":"{number}"')))

    return quirk


def notified(answer: Answer) -> Quirk:
    """The answer to notifications."""
    return lambda request: answer if request.method == "POST" and "id" not in request.body else None


def having(result: str, method: str = "tools/call", frame: str | None = None) -> Quirk:
    """This text, which need not be JSON, as the result of `method`."""
    framed = as_events(frame) if frame else lambda answer: answer
    return lambda request: framed(enveloped(request, result)) if is_call(request, method) else None


def content(*parts: Json, beside: str = "") -> Quirk:
    return having(f'{{"content":{json.dumps(parts)}{beside}}}')


def listing(*tools: Json) -> Quirk:
    return having(json.dumps({"tools": tools}), "tools/list")


def schema(text: str) -> Quirk:
    return having(f'{{"tools":[{{"name":"echo","inputSchema":{text}}}]}}', "tools/list")


def failing(**error: object) -> Callable[[Request], Answer]:
    return lambda request: Answer(json.dumps({"jsonrpc": "2.0", "id": request.body["id"], **error}))


def failing_call(**error: object) -> Quirk:
    return lambda request: failing(**error)(request) if is_call(request, "tools/call") else None


def paged(cursor: str, then: Callable[[Request], Answer]) -> Quirk:
    """A first page with this cursor; `then` answers where it comes back."""

    def quirk(request: Request) -> Answer | None:
        if not is_call(request, "tools/list"):
            return None
        if "cursor" in request.body.get("params", {}):
            return then(request)
        return enveloped(request, json.dumps({"tools": [ECHO], "nextCursor": cursor}))

    return quirk


def page(**fields: object) -> Callable[[Request], Answer]:
    return lambda request: enveloped(request, json.dumps(fields))


NO = {"code": -32603, "message": "no"}
HALF = '{"content":[{"type":"text","text":"ok \\ud83d"}]}'
NULLS = '{"type":"object","properties":{"x":{"items":{"enum":null,"required":null},"minItems":null}},"required":null}'
DRAFT_4 = '{"type":"object","properties":{"x":{"minimum":0,"exclusiveMinimum":true},"y":{"items":[{"type":"string"}]}}}'
IMAGE = {"type": "image", "mimeType": "Image/JPG; q=1", "data": f"{PNG[:40]}\r\n{PNG[40:]}".rstrip("=")}
CODED = "contract, section 5: an answer in a coding that was not accepted is named in the log"

CASES = [
    Case("nothing unusual", lambda _: None, KIND),
    # HTTP
    Case("gzip where it is accepted", changed(gzipped), KIND, only_for_gzip=True),
    Case(
        "gzip of a call's answer, though not accepted",
        changed(gzipped, "tools/call"),
        KIND,
        reason=CODED,
        instead=UNKNOWN,
        log='compressed coding="gzip"',
    ),
    Case(
        "gzip of the handshake, though not accepted",
        changed(gzipped, "initialize"),
        KIND,
        reason=CODED,
        instead=NO_SESSION,
        log='compressed coding="gzip"',
    ),
    Case("Application/JSON; Charset=UTF-8", changed(typed("Application/JSON; Charset=UTF-8")), KIND),
    Case("TEXT/Event-Stream; charset=utf-8", changed(as_events(media_type="TEXT/Event-Stream; charset=utf-8")), KIND),
    Case(
        "application/json-rpc",
        changed(typed("application/json-rpc")),
        KIND,
        reason="the protocol has two types; the client compares no more than their beginning",
        instead=NO_SESSION,
        log="an answer of type application/json-rpc",
    ),
    Case("redirect 307, same origin", moved(307), KIND),
    Case("redirect 308, same origin", moved(308), KIND),
    Case("notification answered 200, HTML", notified(Answer("<p>ok</p>", "text/html")), KIND),
    Case("notification answered 200, JSON", notified(Answer("{}")), KIND),
    Case("notification answered 200, events", notified(Answer(": hi\n\n", EVENTS)), KIND),
    Case("notification answered 204", notified(Answer(status=204, media_type=None)), KIND),
    Case(
        "notification answered 400",
        notified(Answer("{}", status=400)),
        KIND,
        reason="contract, section 6: any 2xx; the client reads no answer to a notification, not even a refusal",
        instead=NO_SESSION,
        log="HTTP 400",
    ),
    Case("GET answered 404", lambda it: Answer("no", status=404) if it.method == "GET" else None, KIND),
    # Event streams
    Case("events: CRLF, comments, ids", changed(as_events(": hi\r\nid: 1\r\nevent: message\r\ndata:{}\r\n\r\n")), KIND),
    Case("events without a name", changed(as_events("data: {}\n\n")), KIND),
    Case("events: an empty one first", changed(as_events("id: 1\ndata:\n\ndata: {}\n\n")), KIND),
    Case("events: `ping` before the answer", changed(as_events(f"event: ping\ndata: now\n\n{MESSAGE}")), KIND),
    Case("events: a byte-order mark", changed(as_events("\ufeffdata: {}\n\n")), KIND, sdk=False),
    # JSON and JSON-RPC
    Case("half a surrogate pair in a result", having(HALF), "echo: ok \ufffd", sdk=False),
    Case("half a surrogate pair in an event", having(HALF, frame=MESSAGE), "echo: ok \ufffd", sdk=False),
    Case("half a surrogate pair in a description", listing({**ECHO, "description": "\ud83d"}), KIND, sdk=False),
    Case("half a surrogate pair in a key", content(TEXT, beside=',"_meta":{"x\\ud83d":1}'), KIND, sdk=False),
    Case("ids as text", text_ids(), KIND),
    Case("ids as text, events", text_ids(as_events()), KIND),
    Case("null members beside a result", in_all('"method":null,"params":null,"error":null'), KIND),
    Case("null members beside a result, events", in_all('"method":null,"error":null', MESSAGE), KIND),
    Case("a null result beside an error", failing_call(result=None, error=NO), "echo: error -32603: no"),
    Case("unknown members", in_all('"took":3'), KIND),
    Case("an error's code as text", failing_call(error={**NO, "code": "-32603"}), "echo: error -32603: no"),
    # Listings
    Case("cursor empty", paged("", page(tools=[ECHO], nextCursor="")), KIND, sdk=False),
    Case("cursor repeats", paged("2", page(tools=[ECHO], nextCursor="2")), KIND, sdk=False),
    Case("cursor null", paged("2", page(tools=[SECOND], nextCursor=None)), "echo second: ok"),
    Case("second page fails, JSON-RPC error", paged("2", failing(error=NO)), KIND, sdk=False),
    Case("second page fails, HTTP 500", paged("2", lambda _: Answer("no", "text/plain", 500)), KIND, sdk=False),
    Case("second page null", paged("2", page(tools=None)), KIND, sdk=False),
    Case("one name twice", listing(ECHO, ECHO), KIND),
    Case("one malformed tool", listing(ECHO, {"name": "broken", "inputSchema": "no"}), KIND, sdk=False),
    # Schemas
    Case("schema: null keywords", schema(NULLS), KIND),
    Case("schema: `type` null", schema('{"type":null,"properties":null}'), KIND, sdk=False),
    Case("schema: boolean `required`", schema('{"type":"object","properties":{"x":{"required":true}}}'), KIND),
    Case("schema: draft 4", schema(DRAFT_4), KIND),
    Case("schema: a name twice in `required`", schema('{"type":"object","required":["x","x"]}'), KIND),
    Case("schema: numbers out of range", schema('{"type":"object","maximum":1e400,"default":NaN}'), KIND),
    Case("no inputSchema", listing({"name": "echo"}), KIND, sdk=False),
    Case("inputSchema null", schema("null"), KIND, sdk=False),
    Case("inputSchema an empty list", schema("[]"), KIND, sdk=False),
    Case("description and annotations null", listing({**ECHO, "description": None, "annotations": None}), KIND),
    Case("a hint that is text", listing({**ECHO, "annotations": {"readOnlyHint": "yes"}}), KIND),
    # Results
    Case("NaN in structuredContent", content(TEXT, beside=',"structuredContent":{"x":[NaN,1e400]}'), KIND),
    Case("NaN as structuredContent", content(TEXT, beside=',"structuredContent":NaN'), KIND, sdk=False),
    Case("`isError` null", content(TEXT, beside=',"isError":null'), KIND, sdk=False),
    Case("annotations null", content({**TEXT, "annotations": None, "_meta": None}), KIND),
    Case("unknown content", content({"type": "x"}), "echo: [content of type x]", sdk=False),
    Case("content null", having('{"content":null,"structuredContent":{"x":1}}'), 'echo: {"x":1}', sdk=False),
    Case("image of another type, lines, no padding", content(TEXT, IMAGE), "echo: ok + image"),
]
