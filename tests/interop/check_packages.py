"""Builds what users install by the repository's own command, and starts `mcp` from it as its users' clients do:
`check_packages.py NODE MCPB UV`

The wheel by `uv tool run` (`uvx`), without a package index; the bundle as its manifest says, checked and unpacked by Anthropic's own
tool. Both hold AGENT_BIN, so that nothing is compiled.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import anyio
from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client

from check_workout_client import check_all
from harness import DEADLINE, ROOT, Json, clean_exit_on_sigterm, ok
from workout_client import client_of

OUT = ROOT / "target" / "packaging"


def run(*command: str | Path) -> str:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


async def start(server: StdioServerParameters) -> None:
    """Uses every feature of the server."""
    async with client_of(stdio_client(server)) as client:
        await check_all(client, user=None)


def check_wheel(uv: str, folder: Path) -> None:
    run(ROOT / "packaging" / "build", "wheel")
    [wheel] = OUT.glob("*.whl")
    package = next(it for it in server_json()["packages"] if it["registryType"] == "pypi")
    arguments = [argument["value"] for argument in package["packageArguments"]]
    server = StdioServerParameters(
        command=uv,
        args=["tool", "run", "--offline", "--no-config", "--from", str(wheel), package["identifier"], *arguments],
        env={"HOME": str(folder), "PATH": os.environ["PATH"], "UV_PYTHON": sys.executable},
        cwd=folder,
    )
    anyio.run(start, server)
    assert (folder / "prog-strength.db").exists(), "the default database"
    ok("packages wheel", f"{wheel.name}, {wheel.stat().st_size / 1e6:.1f} MB, started by uvx")


def check_bundle(node: str, mcpb: str, folder: Path) -> None:
    run(ROOT / "packaging" / "build", "mcpb")
    [bundle] = OUT.glob("*.mcpb")
    run(node, mcpb, "unpack", str(bundle), str(folder / "unpacked"))
    run(node, mcpb, "validate", str(folder / "unpacked" / "manifest.json"))
    manifest: Json = json.loads((folder / "unpacked" / "manifest.json").read_text())
    config = manifest["server"]["mcp_config"]
    # As Claude Desktop does for a user who changes nothing.
    defaults = {f"user_config.{name}": setting["default"] for name, setting in manifest["user_config"].items()}

    def filled(text: str) -> str:
        for name, value in {**defaults, "__dirname": str(folder / "unpacked"), "HOME": str(folder)}.items():
            text = text.replace(f"${{{name}}}", value)
        assert "${" not in text, text
        return text

    server = StdioServerParameters(
        command=filled(config["command"]),
        args=[filled(argument) for argument in config["args"]],
        env={name: filled(value) for name, value in config["env"].items()},
        # Claude Desktop starts servers here.
        cwd="/",
    )
    anyio.run(start, server)
    assert (folder / "prog-strength.db").exists(), "the default database"
    [named] = [it for it in server_json(OUT)["packages"] if it["identifier"].endswith(f"/{bundle.name}")]
    assert len(named["fileSha256"]) == 64, named
    ok("packages bundle", f"{bundle.name}, {bundle.stat().st_size / 1e6:.1f} MB, valid, started by its manifest")


def server_json(folder: Path = ROOT) -> Json:
    parsed: Json = json.loads((folder / "server.json").read_text())
    return parsed


def main(node: str, mcpb: str, uv: str) -> None:
    for stale in (*OUT.glob("*.whl"), *OUT.glob("*.mcpb")):
        stale.unlink()
    with tempfile.TemporaryDirectory(prefix="interop-bundle-") as folder:
        check_bundle(node, mcpb, Path(folder))
    with tempfile.TemporaryDirectory(prefix="interop-wheel-") as folder:
        check_wheel(uv, Path(folder))


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main(*sys.argv[1:])
