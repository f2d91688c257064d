"""Runs the MCP server conformance suites against `mcp`, as a user with a token.

`check_workout_conformance.py NODE MODULES`. Every scenario that a suite has for a protocol version is run. One of NEEDS
is not judged, but what it needs must be what it asked for and what our server does not offer; all others must succeed,
without a warning.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import anyio

from authorizing_proxy import AuthorizingProxy
from harness import DEADLINE, Json, Workouts, clean_exit_on_sigterm, ok, user_token
from workout_client import http_client

# Package and protocol version; the alpha's extensions (tasks, skills) belong to no version, and we advertise none.
SUITES = (
    ("@modelcontextprotocol/conformance", "2025-11-25"),
    ("conformance-alpha", "2025-11-25"),
    ("conformance-alpha", "2026-07-28"),
)
# Requirements of scenarios that do not apply: a fixture of the suite's own server, or a capability.
NEEDS = {
    "completion-complete": "prompt test_prompt_with_arguments",
    "elicitation-sep1034-defaults": "tool test_elicitation_sep1034_defaults",
    "elicitation-sep1330-enums": "tool test_elicitation_sep1330_enums",
    "http-custom-header-server-validation": "annotation x-mcp-header",
    "input-required-result-basic-elicitation": "tool test_input_required_result_elicitation",
    "input-required-result-basic-list-roots": "tool test_input_required_result_list_roots",
    "input-required-result-basic-sampling": "tool test_input_required_result_sampling",
    "input-required-result-capability-check": "tool test_input_required_result_capabilities",
    "input-required-result-ignore-extra-params": "tool test_input_required_result_elicitation",
    "input-required-result-missing-input-response": "tool test_input_required_result_elicitation",
    "input-required-result-multi-round": "tool test_input_required_result_multi_round",
    "input-required-result-multiple-input-requests": "tool test_input_required_result_multiple_inputs",
    "input-required-result-non-tool-request": "prompt test_input_required_result_prompt",
    "input-required-result-request-state": "tool test_input_required_result_request_state",
    "input-required-result-result-type": "tool test_input_required_result_elicitation",
    "input-required-result-tampered-state": "tool test_input_required_result_tampered_state",
    "input-required-result-validate-input": "tool test_input_required_result_elicitation",
    "json-schema-2020-12": "tool json_schema_2020_12_tool",
    "logging-set-level": "capability logging",
    "prompts-get-embedded-resource": "prompt test_prompt_with_embedded_resource",
    "prompts-get-simple": "prompt test_simple_prompt",
    "prompts-get-with-args": "prompt test_prompt_with_arguments",
    "prompts-get-with-image": "prompt test_prompt_with_image",
    "resources-read-binary": "resource test://static-binary",
    "resources-read-text": "resource test://static-text",
    "resources-subscribe": "capability resources/subscribe",
    "resources-templates-read": "resource test://template/123/data",
    "resources-unsubscribe": "capability resources/subscribe",
    "server-sse-polling": "tool test_reconnection",
    "tools-call-audio": "tool test_audio_content",
    "tools-call-elicitation": "tool test_elicitation",
    "tools-call-embedded-resource": "tool test_embedded_resource",
    "tools-call-error": "tool test_error_handling",
    "tools-call-image": "tool test_image_content",
    "tools-call-mixed-content": "tool test_multiple_content_types",
    "tools-call-sampling": "tool test_sampling",
    "tools-call-simple-text": "tool test_simple_text",
    "tools-call-with-logging": "capability logging",
    "tools-call-with-progress": "tool test_tool_with_progress",
}
# The same for single checks of a scenario that applies otherwise.
NEEDS_OF_CHECKS = {
    "sep-2575-http-server-no-independent-requests-on-stream": "tool test_streaming_elicitation",
    "sep-2575-missing-capability-http-400": "tool test_missing_capability",
    "sep-2575-server-no-log-without-loglevel": "tool test_logging_tool",
    "sep-2575-server-rejects-undeclared-capability": "tool test_missing_capability",
}


async def offered(url: str) -> set[str]:
    """The names that a requirement can refer to, as another client lists them."""
    async with http_client(url, user_token("onlooker")) as client:
        tools = (await client.list_tools()).tools
        prompts = (await client.list_prompts()).prompts
        resources = (await client.list_resources()).resources
        capabilities: Json = client.server_capabilities.model_dump(mode="json", by_alias=True, exclude_none=True)
    annotated = any("x-mcp-header" in tool.model_dump_json(by_alias=True) for tool in tools)
    return {
        *(f"tool {tool.name}" for tool in tools),
        *(f"prompt {prompt.name}" for prompt in prompts),
        *(f"resource {resource.uri}" for resource in resources),
        *(f"capability {name}" for name in capabilities),
        *(f"capability {name}/{flag}" for name, flags in capabilities.items() for flag in flags if flags[flag]),
        *(["annotation x-mcp-header"] if annotated else []),
    }


@dataclass(frozen=True)
class Suite:
    node: str
    script: Path
    version: str

    def _run(self, *arguments: str) -> str:
        command = [self.node, str(self.script), *arguments]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE, check=False
        )
        return done.stdout + done.stderr

    def scenarios(self) -> list[str]:
        """All scenarios for its protocol version."""
        listed = re.findall(r"^ +- (\S+) \[(.*)\]$", self._run("list", "--server"), re.MULTILINE)
        return [name for name, versions in listed if self.version in versions.split(",")]

    def checks(self, url: str, scenario: str) -> list[Json]:
        """The checks of a scenario; its exit code and summary say less."""
        with tempfile.TemporaryDirectory(prefix="interop-conformance-") as found:
            said = self._run(
                *("server", "--url", url, "--scenario", scenario),
                *("--spec-version", self.version, "--output-dir", found),
            )
            files = list(Path(found).glob("*/checks.json"))
            assert len(files) == 1, f"{scenario} left no report:\n{said}"
            checks: list[Json] = json.loads(files[0].read_text())
            return checks


def check_scenario(suite: Suite, server: Workouts, offers: set[str], scenario: str) -> None:
    # A separate user: the suite leaves its sessions open, and their number per user is limited.
    with AuthorizingProxy(server.port, f"Bearer {user_token(scenario)}") as proxy:
        checks = suite.checks(proxy.url, scenario)
    title = f"{suite.version} {scenario}"
    asked = proxy.sent.decode() + json.dumps(checks)

    def not_applicable(what: str, need: str) -> None:
        assert need not in offers, f"{what}: we do have the {need}"
        assert need.split()[1] in asked, f"{what} did not ask for the {need}"
        print(f"n/a {what}: needs the {need}", flush=True)

    if scenario in NEEDS:
        not_applicable(title, NEEDS[scenario])
        return
    for check in checks:
        if need := NEEDS_OF_CHECKS.get(check["id"]):
            not_applicable(f"{title}, {check['id']}", need)
    judged = [check for check in checks if check["id"] not in NEEDS_OF_CHECKS]
    good = [check for check in judged if check["status"] == "SUCCESS"]
    bad = [check for check in judged if check["status"] in ("FAILURE", "WARNING")]
    assert good and not bad, f"{title}: {bad}\n{server.log()}"
    ok(f"workout conformance {title}", f"{len(good)} of {len(good)}")


def main(node: str, modules: Path) -> None:
    suites = [Suite(node, modules / package / "dist" / "index.js", version) for package, version in SUITES]
    run: set[tuple[str, str]] = set()
    with Workouts() as server:
        offers = anyio.run(offered, server.url)
        for suite in suites:
            scenarios = suite.scenarios()
            assert scenarios, f"{suite} lists nothing"
            for scenario in scenarios:
                # A scenario of both suites is run twice, but reported as not applicable once.
                if scenario not in NEEDS or (suite.version, scenario) not in run:
                    check_scenario(suite, server, offers, scenario)
                run.add((suite.version, scenario))
        assert server.terminate() == 0
    gone = NEEDS.keys() - {scenario for _, scenario in run}
    assert not gone, f"no such scenarios any more: {gone}"


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main(sys.argv[1], Path(sys.argv[2]))
