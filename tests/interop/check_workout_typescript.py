"""Checks `mcp` with clients of several versions of the TypeScript SDK: `check_workout_typescript.py NODE FOLDER…`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from harness import DEADLINE, Workouts, clean_exit_on_sigterm, ok, user_token

CLIENT = Path(__file__).with_name("workout_client.mjs")


def main(node: str, folders: list[str]) -> None:
    for folder in folders:
        package = json.loads(Path(folder, "package.json").read_text("utf8"))
        with Workouts() as server:
            command = [node, str(CLIENT), folder, server.url, user_token("ann")]
            done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)
            assert done.returncode == 0, (package["name"], package["version"], done.stdout, done.stderr)
            answer = json.loads(done.stdout)
            assert len(answer["tools"]) == 22, answer
            assert server.terminate() == 0
        called = len(set(answer["called"]))
        ok("workout typescript", f"{package['name']} {package['version']} lists {len(answer['tools'])} tools and calls {called}")


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main(sys.argv[1], sys.argv[2:])
