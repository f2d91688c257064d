"""The command `runs` for the interop checks: over HTTP on loopback, with an empty database."""

from __future__ import annotations

import os
from typing import Any

import httpx

from harness import DEADLINE, SIGNING_KEY, Json, Process, free_port, user_token, wait_until

# A run of these checks does not use the agent's own MCP server, and nobody listens here.
NO_SERVER = "http://127.0.0.1:9/mcp"


class Runs(Process):
    """The server of runs; its database and files end with it."""

    def __init__(self, claude_url: str, **settings: str) -> None:
        self._port = free_port()
        self._settings = {
            "RUNS_HOST": "127.0.0.1",
            "PORT": str(self._port),
            "ANTHROPIC_API_KEY": "an-interop-key",
            "ANTHROPIC_BASE_URL": claude_url,
            "JWT_SIGNING_KEY": SIGNING_KEY,
            "PROG_STRENGTH_MCP_URL": NO_SERVER,
            "RATE_LIMIT_MAX": "0",
            "LOG_FORMAT": "pretty",
            "PATH": os.environ["PATH"],
            **settings,
        }
        self.url = f"http://127.0.0.1:{self._port}"
        super().__init__("runs", [os.environ["AGENT_BIN"], "runs"], self._settings)
        try:
            wait_until("the server of runs", self._is_ready)
        except BaseException:
            self.close(show_log=True)
            raise

    def _is_ready(self) -> bool:
        assert self.running(), f"the server of runs ended:\n{self.log()}"
        ready = httpx.get(f"{self.url}/ready")
        return ready.status_code == 200 and ready.json()["role"] == "active"

    def headers(self, sub: str = "ann") -> dict[str, str]:
        return {"Authorization": f"Bearer {user_token(sub)}"}

    def request(self, method: str, path: str, body: Json | None = None, **options: Any) -> httpx.Response:
        """As the user ann."""
        url = f"{self.url}{path}"
        return httpx.request(method, url, headers=self.headers(), json=body, timeout=DEADLINE, **options)

    def json(self, method: str, path: str, body: Json | None = None, status: int = 200) -> Json:
        answer = self.request(method, path, body)
        assert answer.status_code == status, (answer.status_code, answer.text)
        parsed: Json = answer.json()
        return parsed

    def run(self, prompt: str, **fields: Any) -> Json:
        """Waits for the answer."""
        return self.json("POST", "/webhook", {"prompt": prompt, "connections": [], **fields})
