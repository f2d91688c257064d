"""Checks the page of `examples/use-chat` in Chromium: `check_use_chat.py NODE MODULES FOLDER`, with a copy of it that has its packages.

The page is built by Vite and served from an origin of its own, as in production, so that its requests are cross-origin.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from face_turns import node_client, served
from harness import DEADLINE, HERE, clean_exit_on_sigterm, free_port, ok


class Files(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Silent: only the agent's log matters."""


@contextmanager
def site(folder: Path, port: int) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", port), partial(Files, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def build(node: str, page: Path, agent_url: str) -> None:
    command = [node, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"]
    env = {**os.environ, "VITE_AGENT_URL": agent_url}
    done = subprocess.run(command, cwd=page, env=env, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert not done.stderr, done.stderr


def main(node: str, modules: str, folder: str) -> None:
    page, port = Path(folder), free_port()
    origin = f"http://127.0.0.1:{port}"
    with served(CORS_ALLOWED_ORIGINS=origin) as (claude, agent):
        build(node, page, agent.url)
        ok("use-chat", "Vite builds the page")
        with site(page / "dist", port):
            command = [node, str(HERE / "use_chat_client.mjs"), modules, str(page)]
            node_client("use-chat", command, origin, claude)


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main(*sys.argv[1:])
