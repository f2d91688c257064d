"""Scripted fake Claude, over the real Messages stream."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from harness import Json

Script = Callable[[Json], Iterable[Json]]


def user(text: str) -> Json:
    return {"role": "user", "content": text}


def message(*blocks: Json, stop_reason: str = "end_turn") -> Iterator[Json]:
    """The stream events of one reply holding these content blocks."""
    start = {"id": "msg_interop", "type": "message", "role": "assistant", "model": "claude-interop", "content": []}
    usage = {"input_tokens": 10, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 3, "output_tokens": 1}
    yield {
        "type": "message_start",
        "message": {**start, "stop_reason": None, "stop_sequence": None, "usage": usage},
    }
    yield {"type": "ping"}
    for index, block in enumerate(blocks):
        yield from _block(index, block)
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 7}}
    yield {"type": "message_stop"}


def _block(index: int, block: Json) -> Iterator[Json]:
    if block["type"] == "text":
        empty: Json = {**block, "text": ""}
        deltas = [{"type": "text_delta", "text": part} for part in block["text"].splitlines(keepends=True)]
    elif block["type"] == "thinking":
        empty = {**block, "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": part} for part in block["thinking"].splitlines(keepends=True)]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    else:
        empty = {**block, "input": {}}
        written = json.dumps(block["input"])
        parts = ["", written[: len(written) // 2], written[len(written) // 2 :]]
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def text(content: str) -> Json:
    return {"type": "text", "text": content}


def thinking(content: str, signature: str) -> Json:
    return {"type": "thinking", "thinking": content, "signature": signature}


def tool_use(id: str, name: str, input: Json) -> Json:
    return {"type": "tool_use", "id": id, "name": name, "input": input}


def tool_results(body: Json) -> list[Json]:
    """The results in the last message of a request, if the turn is in the middle of its tools."""
    content = body["messages"][-1]["content"]
    return [] if isinstance(content, str) else [block for block in content if block["type"] == "tool_result"]


def assert_paired(messages: list[Json]) -> None:
    """Claude's rule: the next message has a result for each tool_use, and no others."""
    asked: list[str] = []
    for entry in [*messages, {"content": []}]:
        blocks = [] if isinstance(entry["content"], str) else entry["content"]
        answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        assert sorted(answered) == sorted(asked), (asked, answered)
        asked = [block["id"] for block in blocks if block["type"] == "tool_use"]


@dataclass
class FakeClaude:
    """Speaks the Messages stream; `script` gets each request body and yields the events to send.

    A script may block between two events: whatever was yielded before is on the wire by then.
    """

    script: Script
    bodies: list[Json] = field(default_factory=list)
    hung_up: int = 0
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    outer._answer(self, json.loads(body))
                except ConnectionError:
                    outer.hung_up += 1  # as the agent should when its client does
                except Exception as error:  # a thread's exception would be lost: `__exit__` reports it
                    outer.failures.append(repr(error))
                self.close_connection = True

            def do_GET(self) -> None:
                """How many streams the agent has hung up on: for clients in other languages."""
                answer = json.dumps(outer.hung_up).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Silent: only the agent's log matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def _answer(self, request: BaseHTTPRequestHandler, body: Json) -> None:
        assert request.path == "/v1/messages", request.path
        assert request.headers["anthropic-version"] == "2023-06-01", request.headers
        assert request.headers["x-api-key"] == "an-interop-key", "no API key"
        assert body["stream"] is True, body
        assert_paired(body["messages"])
        self.bodies.append(body)
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Connection", "close")
        request.end_headers()
        for event in self.script(body):
            frame = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
            request.wfile.write(frame.encode())
            request.wfile.flush()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        if self.failures:
            print(f"--- the fake Claude failed: {self.failures}", file=sys.stderr)
        assert kind is not None or not self.failures, self.failures
