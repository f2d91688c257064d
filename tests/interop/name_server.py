"""A DNS server for one name, whose addresses may change: what a container network does for a service with several replicas."""

from __future__ import annotations

import socket
import struct
import threading
from typing import Self

TYPE_A = 1
RESPONSE = 0x8180
POINTER_TO_QUESTION = 0xC00C
TTL_SECS = 0


class NameServer:
    """Answers any name with `addresses`; to all but IPv4 questions, that there is nothing."""

    def __init__(self, addresses: list[str]) -> None:
        self.addresses = addresses

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:{}".format(self._socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def _serve(self) -> None:
        while True:
            try:
                query, sender = self._socket.recvfrom(512)
                self._socket.sendto(self._answer(query), sender)
            except OSError:
                return  # closed

    def _answer(self, query: bytes) -> bytes:
        name_ends = query.index(0, 12) + 1
        question = query[12 : name_ends + 4]
        kind = struct.unpack("!H", question[-4:-2])[0]
        found = list(self.addresses) if kind == TYPE_A else []
        head = query[:2] + struct.pack("!HHHHH", RESPONSE, 1, len(found), 0, 0)
        record = struct.pack("!HHHIH", POINTER_TO_QUESTION, TYPE_A, 1, TTL_SECS, 4)
        return head + question + b"".join(record + socket.inet_aton(address) for address in found)

    def __exit__(self, *_: object) -> None:
        self._socket.close()
