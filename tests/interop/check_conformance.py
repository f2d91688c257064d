"""Runs the MCP client conformance suite with the agent as the client.

`check_conformance.py NODE SUITE`. Only the scenarios of a client of tools, which neither
authorizes by OAuth nor answers elicitations.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

from harness import DEADLINE, clean_exit_on_sigterm, ok, python

SCENARIOS = ("initialize", "tools_call", "sse-retry")
# The suite's servers listen on all addresses: a network namespace keeps them local.
ISOLATED = ["unshare", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def run_scenario(node: str, suite: str, scenario: str) -> None:
    client = shlex.join(python("conformance_client.py"))
    command = [node, suite, "client", "--command", client, "--scenario", scenario, "--timeout", "120000"]
    done = subprocess.run(
        [*(ISOLATED if os.geteuid() == 0 else []), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEADLINE,
    )
    counted = re.search(r"Passed: (\d+)/(\d+), 0 failed", done.stdout)
    complaint = f"{scenario} (exit code {done.returncode}):\n{done.stdout}"
    assert done.returncode == 0 and counted is not None and counted[1] == counted[2] != "0", complaint
    ok(f"conformance {scenario}", f"{counted[1]} of {counted[2]}")


if __name__ == "__main__":
    clean_exit_on_sigterm()
    for each in SCENARIOS:
        run_scenario(sys.argv[1], sys.argv[2], each)
