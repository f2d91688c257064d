"""An MCP server on standard input and output, whose tool writes files into its working folder: the workspace of a run.

Without any package, so that it starts at once on a busy machine too.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
    "required": ["name", "size"],
}
FILL = {"name": "fill", "description": "Write a file of so many bytes that have no pattern.", "inputSchema": SCHEMA}


def fill(name: str, size: int) -> str:
    with Path(name).open("wb") as file:
        for at in range(0, size, 32):
            file.write(hashlib.sha256(str(at).encode()).digest()[: size - at])
    return f"{size} bytes"


def result(method: str, params: dict[str, Any]) -> dict[str, Any]:
    match method:
        case "initialize":
            version = params["protocolVersion"]
            server = {"name": "folder", "version": "1"}
            return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": server}
        case "tools/list":
            return {"tools": [FILL]}
        case "tools/call":
            return {"content": [{"type": "text", "text": fill(**params["arguments"])}]}
        case _:
            return {}


for line in sys.stdin:
    message = json.loads(line)
    # The others are notifications.
    if "id" in message and "method" in message:
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": result(message["method"], message.get("params", {}))}
        print(json.dumps(answer), flush=True)
