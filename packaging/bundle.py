"""Packs an MCP bundle (.mcpb, a ZIP archive): bundle.py PROGRAM VERSION FOLDER

Writes the bundle and `server.json`, which names it by its digest, into the folder. The same program makes the same bundle, byte for
byte.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SYSTEMS = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}
PROCESSORS = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}
# ZIP has no earlier time.
EPOCH = (1980, 1, 1, 0, 0, 0)


def member(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, EPOCH)
    # A regular file with these rights, on Unix.
    info.create_system = 3
    info.external_attr = (0o100000 | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def main(program: Path, version: str, folder: Path) -> None:
    system = SYSTEMS[platform.system()]
    target = f"{system}-{PROCESSORS[platform.machine()]}"
    manifest = json.loads((HERE / "mcpb" / "manifest.json").read_text())
    manifest["version"] = version
    manifest["compatibility"] = {"platforms": [system]}
    if system == "win32":
        manifest["server"]["entry_point"] += ".exe"
        manifest["server"]["mcp_config"]["command"] += ".exe"
    bundle = folder / f"{manifest['name']}-{version}-{target}.mcpb"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr(member("manifest.json", 0o644), json.dumps(manifest, indent=2, ensure_ascii=False))
        archive.writestr(member(manifest["server"]["entry_point"], 0o755), program.read_bytes())
        archive.writestr(member("LICENSE", 0o644), (HERE.parent / "LICENSE").read_bytes())

    server = json.loads((HERE.parent / "server.json").read_text())
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    named = [package for package in server["packages"] if package["identifier"].endswith(f"/{bundle.name}")]
    for package in named:
        package["fileSha256"] = digest
    if not named:
        print(f"server.json names no {bundle.name}: it has no digest of it", file=sys.stderr)
    (folder / "server.json").write_text(json.dumps(server, indent=2, ensure_ascii=False) + "\n")
    print(bundle)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
