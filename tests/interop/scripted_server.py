"""A server that answers as a script says, with any status, headers and bytes; and the cases that such servers play."""

from __future__ import annotations

import gzip
import json
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from harness import Json

EVENTS = "text/event-stream"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Json
    # The body as it was sent.
    content: bytes = b""


@dataclass(frozen=True)
class Answer:
    body: str | bytes = ""
    media_type: str | None = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        assert isinstance(self.body, str)
        return self.body


# `None` is the usual answer.
Quirk = Callable[[Request], Answer | None]


@dataclass(frozen=True)
class Case:
    """What a server does, and what clients make of it."""

    situation: str
    quirk: Quirk
    # What a kind client makes of it, and whether the official client does.
    kind: str
    sdk: bool = True
    # Why the agent does not; the beginning of what it makes of it instead; and what its log says.
    reason: str = ""
    instead: str = ""
    log: str = ""
    # Answers as usual where gzip is not accepted.
    only_for_gzip: bool = False
    history: Sequence[Json] = ({"role": "user", "content": "Hi"},)

    def script(self, usual: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            if self.only_for_gzip and "gzip" not in request.headers["accept-encoding"]:
                return usual(request)
            return self.quirk(request) or usual(request)

        return answer


def gzipped(answer: Answer) -> Answer:
    return replace(answer, body=gzip.compress(answer.text.encode()), headers={"Content-Encoding": "gzip"})


def moved(status: int) -> Quirk:
    """A redirect on the same origin."""
    return lambda request: None if "?" in request.path else Answer(status=status, headers={"Location": "?moved=1"})


@dataclass
class ScriptedServer:
    script: Callable[[Request], Answer]
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True  # the client hung up
                except Exception as error:  # a thread's exception would be lost: `__exit__` reports it
                    outer.failures.append(repr(error))
                    self.close_connection = True

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = outer.script(Request(self.command, self.path, headers, json.loads(body or "{}"), body))
                content = answer.body.encode() if isinstance(answer.body, str) else answer.body
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.media_type is not None:
                    self.send_header("Content-Type", answer.media_type)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                """Silent: only the agent's log matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        if self.failures:
            print(f"--- the scripted server failed: {self.failures}", file=sys.stderr)
        assert kind is not None or not self.failures, self.failures
