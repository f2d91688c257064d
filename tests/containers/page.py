"""page.py LOG BEGAN LIMIT: waits for the page of `dev`, asks it one question, and tells how long both took.

LOG is what `dev` prints, BEGAN the time of its start, LIMIT the most seconds until the page is there. Called by `bare`.
"""

import http.client
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")
QUESTION = "What exercises do I have for chest?"
PATIENCE = 4


def request(method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("localhost", 8001, timeout=30)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response.status, response.read().decode()


def wait_for(what: str, deadline: float, look: Callable[[], Result | None]) -> Result:
    while time.time() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not in time: {what}")


def page() -> str | None:
    try:
        status, text = request("GET", "/")
    except OSError:
        return None
    assert status == 200, (status, text)
    return text


def main() -> int:
    log, began, limit = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    # Past the limit it is waited for all the same, to tell by how much it was missed.
    deadline = began + PATIENCE * limit
    shown = wait_for("the page", deadline, page)
    assert "<html" in shown.lower() and "/page/" in shown, shown
    seconds = time.time() - began

    token = wait_for("a token in the output", deadline, lambda: re.search(r"Bearer ([\w.-]+)", log.read_text()))
    body = json.dumps({"messages": [{"role": "user", "content": QUESTION}]})
    status, text = request(
        "POST", "/chat", body, **{"Authorization": f"Bearer {token[1]}", "Content-Type": "application/json"}
    )
    assert status == 200, (status, text)
    answer = json.loads(text)
    assert answer["stop_reason"] == "end_turn" and "bench press" in answer["content"][-1]["text"].lower(), answer
    print(f"page after {seconds:.0f} s (at most {limit:.0f}), one chat turn answered after {time.time() - began:.0f} s")
    return 0 if seconds <= limit else 1


if __name__ == "__main__":
    sys.exit(main())
