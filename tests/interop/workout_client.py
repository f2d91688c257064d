"""The official Python MCP client, connected to `mcp`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from harness import DEADLINE


async def _no_faults(message: object) -> None:
    """Raises on invalid output of the server, which the client reports among the messages."""
    if isinstance(message, Exception):
        raise message


def client_of(server: Any, mode: str = "auto") -> Client:
    """`mode` is `legacy` (with `initialize`) or a later version of the protocol."""
    return Client(server, mode=mode, message_handler=_no_faults, read_timeout_seconds=DEADLINE)


@asynccontextmanager
async def http_client(url: str, token: str, mode: str = "auto") -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=DEADLINE) as http,
        client_of(streamable_http_client(url, http_client=http), mode) as client,
    ):
        yield client
