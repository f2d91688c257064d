"""A scripted Claude, alone in its container: what it answers depends on the user's last words."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAUSE_SECS = 0.3
DELTAS = 8
LONG_DELTAS = 150
SQUATS = {"exercise_id": "barbell-back-squat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}
TOOLS = {"log": ("create_workout", {"exercises": [SQUATS]}), "read": ("list_workouts", {})}


def answer(body: dict) -> Iterator[dict]:
    last = body["messages"][-1]["content"]
    blocks = [{"type": "text", "text": last}] if isinstance(last, str) else last
    results = [block for block in blocks if block["type"] == "tool_result"]
    said = " ".join(block["text"] for block in blocks if block["type"] == "text")
    if results:
        return reply("end_turn", text([json.dumps(results[0]["content"])]))
    for word, (name, arguments) in TOOLS.items():
        if said.startswith(word):
            # In a run, the name of the server is before it.
            offered = [tool["name"] for tool in body["tools"]]
            return reply("tool_use", tool_use(next(tool for tool in offered if tool.endswith(name)), arguments))
    lengths = {"count": DELTAS, "talk": LONG_DELTAS}
    return reply("end_turn", text(clock(next((lengths[word] for word in lengths if said.startswith(word)), 1_000))))


def clock(deltas: int) -> Iterator[str]:
    """The time at which each delta is sent: the machine's clock, which whoever receives it has too."""
    for _ in range(deltas):
        yield f"{time.monotonic()}\n"
        time.sleep(PAUSE_SECS)


def reply(stop_reason: str, block: Iterator[dict]) -> Iterator[dict]:
    usage = {"input_tokens": 10, "output_tokens": 1}
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-scripted", "content": []}
    yield {"type": "message_start", "message": {**start, "stop_reason": None, "stop_sequence": None, "usage": usage}}
    yield from block
    yield {"type": "content_block_stop", "index": 0}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": stop_reason, "stop_sequence": None},
        "usage": {"output_tokens": 7},
    }
    yield {"type": "message_stop"}


def text(parts: Iterator[str] | list[str]) -> Iterator[dict]:
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for part in parts:
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": part}}


def tool_use(name: str, arguments: dict) -> Iterator[dict]:
    block = {"type": "tool_use", "id": f"toolu_{time.time_ns()}", "name": name, "input": {}}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for event in answer(body):
                self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
                self.wfile.flush()
        except ConnectionError:
            print("the agent hung up")


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
