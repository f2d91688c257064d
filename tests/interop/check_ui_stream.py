"""Checks `/chat/ui` with Vercel's AI SDK: `check_ui_stream.py NODE FOLDER [NODE FOLDER…]`, the folders of the package `ai`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from face_turns import check_same_request, node_client, served
from harness import HERE, clean_exit_on_sigterm


def main(node: str, folder: str) -> None:
    version = json.loads(Path(folder, "package.json").read_text("utf8"))["version"]
    on = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    name = f"ui stream, ai {version} on Node {on.removeprefix('v')}"
    with served() as (claude, agent):
        node_client(name, [node, str(HERE / "ui_stream_client.mjs"), folder], agent.url, claude)
        check_same_request(name, claude, agent)


if __name__ == "__main__":
    clean_exit_on_sigterm()
    for at in range(1, len(sys.argv), 2):
        main(*sys.argv[at : at + 2])
