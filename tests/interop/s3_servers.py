"""The S3 servers of the check `runs-s3`, each on a free port with an empty bucket."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from harness import Json, Process, free_port, wait_until

BUCKET = "files"
KEY, SECRET, REGION = "interop-key", "interop-secret-of-the-checks", "us-east-1"


class S3(Process):
    """A server, and the settings by which the server of runs finds it."""

    def __init__(self, name: str, command: list[str], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(name, command, {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")})
        # AWS's own client, for what the server holds.
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name=REGION,
            config=Config(retries={"max_attempts": 1}, connect_timeout=2, read_timeout=30),
        )
        try:
            wait_until(f"a bucket of {name}", self._has_bucket)
        except BaseException:
            self.close(show_log=True)
            raise

    def _has_bucket(self) -> bool:
        assert self.running(), f"{self.name} ended:\n{self.log()}"
        try:
            self.client.create_bucket(Bucket=BUCKET)
        except (BotoCoreError, ClientError):
            return False
        return True

    def settings(self) -> dict[str, str]:
        return {
            "FILES_URL": f"s3://{BUCKET}/of/runs",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
        }

    def objects(self) -> dict[str, Json]:
        """By key: what the server says about each object."""
        listed = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {entry["Key"]: self.client.head_object(Bucket=BUCKET, Key=entry["Key"]) for entry in listed}

    def anonymous(self, key: str) -> httpx.Response:
        return httpx.get(f"{self.url}/{BUCKET}/{key}")


def moto() -> S3:
    port = free_port()
    return S3("moto", [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port)


def seaweedfs(directory: Path) -> S3:
    """Verifies signatures and their times, as moto does not."""
    identity = {
        "name": "interop",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    access = directory / "access.json"
    access.write_text(json.dumps({"identities": [identity]}))
    port = free_port()
    command = [str(Path(sys.executable).with_name("weed")), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += [f"-dir={directory}", "-volume.max=20", "-master.volumeSizeLimitMB=64", "-s3", f"-s3.config={access}"]
    ports = {"s3.port": port}
    for part in ("master", "volume", "filer"):
        ports[f"{part}.port"] = free_port()
    for part in ("master", "volume", "filer", "s3"):
        ports[f"{part}.port.grpc"] = free_port()
    command += [f"-{name}={number}" for name, number in ports.items()]
    return S3("seaweedfs", command, port)
