"""Checks OAuth with `mcp`, an authorization server (oidc-provider) and the official Python client: discovery, registration, PKCE,
login, token, calls and refresh. `check_workout_oauth.py NODE OIDC_PROVIDER`

Once as the specification has it, where the client finds the authorization server in the resource's metadata; once through
`MCP_OAUTH_FACADE`, with a client that looks for it at the resource's origin alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urljoin, urlsplit

import anyio
import httpx
import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from harness import DEADLINE, HERE, Process, Workouts, clean_exit_on_sigterm, free_port, ok, wait_until
from workout_client import client_of

CALLBACK = "http://localhost/callback"
USER = "ann"
# How long a token of the server is valid.
TOKEN_SECONDS = 2


class Storage:
    """What a client keeps."""

    def __init__(self) -> None:
        self.tokens: list[OAuthToken] = []
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens[-1] if self.tokens else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens.append(tokens)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Browser:
    """A user who logs in and agrees."""

    def __init__(self, tells_issuer: bool) -> None:
        self._tells_issuer = tells_issuer
        self.visited: list[str] = []
        self._answer: dict[str, str] = {}

    async def visit(self, url: str) -> None:
        async with httpx.AsyncClient(timeout=DEADLINE) as http:
            answer = await http.get(url)
            for _ in range(12):
                self.visited.append(url)
                if answer.is_redirect:
                    url = urljoin(url, answer.headers["location"])
                    if url.startswith(CALLBACK):
                        self._answer = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
                        return
                    answer = await http.get(url)
                else:
                    assert answer.status_code == 200, (url, answer.status_code, answer.text)
                    action, prompt = (re.search(found, answer.text) for found in (r'action="([^"]+)"', r'"prompt" value="(\w+)"'))
                    assert action and prompt, answer.text
                    form = {"prompt": prompt[1], "login": USER, "password": "x"}
                    url = urljoin(url, action[1])
                    answer = await http.post(url, data=form)
            raise AssertionError(f"no end of the login: {self.visited}")

    async def come_back(self) -> AuthorizationCodeResult:
        answer = self._answer
        issuer = answer.get("iss") if self._tells_issuer else None
        return AuthorizationCodeResult(code=answer["code"], state=answer.get("state"), iss=issuer)


class WithoutResourceMetadata(httpx2.AsyncHTTPTransport):
    """Hides RFC 9728 from a client, as if it did not know it."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if "/oauth-protected-resource" in request.url.path:
            return httpx2.Response(404, request=request)
        response = await super().handle_async_request(request)
        response.headers.pop("www-authenticate", None)
        return response


@asynccontextmanager
async def logged_in(url: str, storage: Storage, browser: Browser, facade: bool) -> AsyncIterator[Client]:
    metadata = OAuthClientMetadata(
        client_name="interop",
        redirect_uris=[CALLBACK],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method="none",
        application_type="native",
    )
    auth = OAuthClientProvider(url, metadata, storage, redirect_handler=browser.visit, callback_handler=browser.come_back)
    transport = WithoutResourceMetadata() if facade else None
    async with (
        httpx2.AsyncClient(auth=auth, timeout=DEADLINE, transport=transport) as http,
        client_of(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


async def use(server: Workouts, issuer: str, facade: bool) -> None:
    storage, browser = Storage(), Browser(tells_issuer=not facade)
    async with logged_in(server.url, storage, browser, facade) as client:
        logged = await client.call_tool(
            "create_workout",
            {"exercises": [{"exercise_id": "barbell-back-squat", "sets": [{"reps": 5, "weight": 100.0, "unit": "kg"}]}]},
        )
        assert not logged.is_error, logged
        first = storage.tokens[-1]
        assert first.refresh_token, first
        await anyio.sleep(TOKEN_SECONDS + 0.5)
        listed = await client.call_tool("list_workouts", {})
        assert listed.structured_content and len(listed.structured_content["workouts"]) == 1, listed
    assert storage.tokens[-1].access_token != first.access_token, "not refreshed"
    assert sum(url.startswith(f"{issuer}/interaction/") for url in browser.visited) >= 2, browser.visited
    begun = f"{server.origin}/authorize?" if facade else f"{issuer}/auth?"
    assert browser.visited[0].startswith(begun), browser.visited


def check(node: str, provider: str, facade: bool) -> None:
    workouts_port, port = free_port(), free_port()
    resource, issuer = f"http://127.0.0.1:{workouts_port}/mcp", f"http://127.0.0.1:{port}"
    command = [node, str(HERE / "oauth_server.mjs"), provider, str(port), resource]
    with Process("oauth", command if facade else [*command, "names-itself"]) as oauth:
        wait_until("the authorization server", lambda: "listening" in oauth.log())
        settings = {"OAUTH_ISSUER": issuer, "MCP_PUBLIC_URL": resource, "MCP_OAUTH_FACADE": "on" if facade else "off"}
        with Workouts(workouts_port, **settings) as server:
            anyio.run(use, server, issuer, facade)
            assert server.terminate() == 0
        said = oauth.log()
        for event, times in (("registered ", 1), ("granted authorization_code", 1), ("granted refresh_token", 1)):
            assert said.count(event) >= times, (event, said)
    way = "through the facade" if facade else "by the resource's metadata"
    ok("workout oauth", f"discovery, registration, PKCE, login, call and refresh {way}")


def main(node: str, provider: str) -> None:
    for facade in (False, True):
        check(node, provider, facade)


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main(sys.argv[1], sys.argv[2])
