"""Checks the files of runs in S3."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from fake_claude import FakeClaude, message, text, tool_results, tool_use
from harness import DEADLINE, Json, clean_exit_on_sigterm, ok, python, wait_until
from runs_server import Runs
from s3_servers import S3, moto, seaweedfs

# In parts of 8 MiB that is three.
LARGE = 17 * 1024 * 1024 + 1
NOTE = "# Week 48\n\nThree workouts – well done.\n"
TTL = 8
MONTH_MS = 31 * 24 * 3600 * 1000


def write_two_files(body: Json) -> Iterable[Json]:
    if tool_results(body):
        assert not any(result.get("is_error") for result in tool_results(body)), tool_results(body)
        return message(text("Both are written."))
    note = tool_use("toolu_note", "write_file", {"path": "notes/week 48.md", "content": NOTE, "encoding": "utf-8"})
    large = tool_use("toolu_large", "folder__fill", {"name": "large.bin", "size": LARGE})
    return message(note, large, stop_reason="tool_use")


def check_objects(name: str, s3: S3, files: dict[str, Json], verifies: bool) -> None:
    objects = s3.objects()
    assert len(objects) == 2, objects
    for key, stored in objects.items():
        [file] = [file for file in files.values() if file["size"] == stored["ContentLength"]]
        assert key.startswith("of/runs/"), key
        assert stored["ContentType"] == file["contentType"], (stored, file)
        parts = stored["ETag"].strip('"').partition("-")[2]
        assert parts == ("3" if file["name"] == "large.bin" else ""), (stored, file)
        # To moto, what came in parts is public, whoever sent it.
        if verifies or not parts:
            assert s3.anonymous(key).status_code == 403, key
    ok(name, "the objects are under the prefix, the large one in three parts, and nobody else may read them")


def check_downloads(name: str, runs: Runs, run: Json, files: dict[str, Json]) -> None:
    for file in files.values():
        got = httpx.get(file["url"], timeout=DEADLINE)
        assert got.status_code == 200, (got.status_code, got.text[:500])
        assert len(got.content) == file["size"]
        assert hashlib.sha256(got.content).hexdigest() == file["sha256"], file
        assert got.headers["content-type"] == file["contentType"], got.headers
        disposition = got.headers["content-disposition"]
        assert disposition.startswith("attachment"), disposition
        redirect = runs.request("GET", f"/runs/{run['executionId']}/files/{file['name']}", follow_redirects=False)
        assert redirect.status_code == 302, redirect.text
        assert httpx.get(redirect.headers["location"], timeout=DEADLINE).content == got.content
        anonymous = httpx.get(f"{runs.url}/runs/{run['executionId']}/files/{file['name']}")
        assert anonymous.status_code == 401, anonymous.text
    note = httpx.get(files["notes/week 48.md"]["url"])
    assert note.text == NOTE and 'filename="week 48.md"' in note.headers["content-disposition"], note.headers
    ok(name, "signed URLs need no token, and have type, disposition and the bytes of the digest")


def check_signatures(name: str, s3: S3, run: Json, files: dict[str, Json], verifies: bool) -> None:
    note, large = files["notes/week 48.md"]["url"], files["large.bin"]["url"]
    query = parse_qs(urlsplit(note).query)
    assert query["X-Amz-Expires"] == [str(TTL)], query
    ok(name, f"signed URLs are for {TTL} s")
    if not verifies:
        return
    assert httpx.get(note).status_code == 200
    longer = note.replace(f"Expires={TTL}", "Expires=9999")
    others = urlsplit(large)._replace(query=urlsplit(note).query).geturl()
    for wrong in (longer, others):
        refused = httpx.get(wrong)
        assert refused.status_code == 403, (wrong, refused.status_code)
    signed_at = time.time()
    wait_until("the end of the URL", lambda: httpx.get(note).status_code == 403)
    assert time.time() - signed_at < TTL + 5
    ok(name, "another file's signature, a longer time and an old URL are refused")


def check_retention(name: str, s3: S3, claude: FakeClaude, settings: dict[str, str]) -> None:
    """A server that starts removes what is older than a month: rows of a younger one are made older."""
    database = settings["DATABASE_URL"].removeprefix("sqlite:")
    with sqlite3.connect(database) as rows:
        tables = [table for (table,) in rows.execute("select name from sqlite_master where type = 'table'")]
        aged = 0
        for table in tables:
            columns = {column for _, column, *_ in rows.execute(f"pragma table_info({table})")}
            for column in columns & {"created_at", "started_at", "completed_at", "ended_at"}:
                aged += rows.execute(f"update {table} set {column} = {column} - {MONTH_MS}").rowcount
        assert aged, tables
    rows.close()
    with Runs(claude.url, **settings) as runs:
        wait_until("an empty bucket", lambda: not s3.objects())
        assert runs.json("GET", "/runs")["runs"] == []
        assert runs.terminate() == 0
    ok(name, "what is older than the retention is removed from the bucket")


def check(name: str, s3: S3, verifies: bool) -> None:
    [command, *arguments] = python("folder_server.py")
    connections = {"folder": {"command": command, "args": arguments}}
    with s3, FakeClaude(write_two_files) as claude, tempfile.TemporaryDirectory(prefix="interop-runs-") as directory:
        settings = {
            **s3.settings(),
            "DATABASE_URL": f"sqlite:{directory}/runs.db",
            "FILES_URL_TTL_SECS": str(TTL),
            "MCP_CONNECTIONS": json.dumps(connections),
        }
        with Runs(claude.url, **settings) as runs:
            run = runs.run("Write.", connections=["folder"])
            assert run["response"] == "Both are written." and run["status"] == "completed", run
            # Its URLs are new.
            run = runs.json("GET", f"/runs/{run['executionId']}")
            files = {file["name"]: file for file in run["files"]}
            assert files.keys() == {"notes/week 48.md", "large.bin"}, run
            assert files["large.bin"]["size"] == LARGE, files
            check_downloads(name, runs, run, files)
            check_objects(name, s3, files, verifies)
            run = runs.json("GET", f"/runs/{run['executionId']}")
            check_signatures(name, s3, run, {file["name"]: file for file in run["files"]}, verifies)
            assert runs.terminate() == 0
        check_retention(name, s3, claude, settings)


if __name__ == "__main__":
    clean_exit_on_sigterm()
    check("runs-s3 moto", moto(), verifies=False)
    with tempfile.TemporaryDirectory(prefix="interop-seaweedfs-") as data:
        check("runs-s3 seaweedfs", seaweedfs(Path(data)), verifies=True)
