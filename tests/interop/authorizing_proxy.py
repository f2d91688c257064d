"""Reverse proxy that adds the `Authorization` header, for clients that cannot send a token.

A connection serves one request: its head is rewritten (with `Connection: close`), then bytes are copied both ways as they
come. So `Host` and `Origin` arrive as they were sent, streams stream, and either end's hanging up is seen by the other.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self

REPLACED = (b"authorization:", b"connection:")


class AuthorizingProxy:
    """A proxy for the server at this loopback port; `url` is the server's URL through it. Records what was `sent`."""

    def __init__(self, upstream: int, authorization: str) -> None:
        self.sent = sent = bytearray()
        added = f"Authorization: {authorization}\r\nConnection: close\r\n\r\n".encode()

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                with suppress(ConnectionError), socket.create_connection(("127.0.0.1", upstream)) as server:
                    head = [line for line in iter(self.rfile.readline, b"\r\n") if line]
                    kept = (line for line in head if not line.lower().startswith(REPLACED))
                    server.sendall(b"".join(kept) + added)
                    back = threading.Thread(target=copy, args=(server, self.connection), daemon=True)
                    back.start()
                    while data := self.rfile.read1(1 << 16):
                        sent.extend(data)
                        server.sendall(data)
                    # The client has disconnected.
                    server.shutdown(socket.SHUT_RDWR)
                    back.join()

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/mcp"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def copy(source: socket.socket, sink: socket.socket) -> None:
    """Copies until the source ends, then closes the sink."""
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
