"""Checks the agent with a real model behind llama.cpp's Messages API, a stream that this project does not generate."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx

from fake_claude import user
from harness import Agent, Json, Process, WorkoutServer, clean_exit_on_sigterm, free_port, ok, python, wait_until

SHORT, LONG = 48, 4000
# On a busy machine the model may take long to process the prompt.
SETTINGS = {"CLAUDE_IDLE_TIMEOUT_SECS": "150"}


def is_processing(llama: str) -> bool:
    return any(slot["is_processing"] for slot in httpx.get(f"{llama}/slots").json())


def generated(llama: str) -> int:
    """Tokens of all ended generations, cancelled ones included."""
    lines = httpx.get(f"{llama}/metrics").text.splitlines()
    [value] = [line.split()[1] for line in lines if line.startswith("llamacpp:tokens_predicted_total ")]
    return int(float(value))


def check_turns(llama: str, mcp: str) -> None:
    with Agent(mcp, llama, CLAUDE_MAX_TOKENS=str(SHORT), **SETTINGS) as agent:
        agent.wait_ready()
        history: list[Json] = [user("Tell me about the squat.")]
        events = agent.stream(history)
        done = events[-1].data
        deltas = [event.data["text"] for event in events if event.type == "text_delta"]
        assert len(deltas) >= 20, events
        assert "".join(deltas) == "".join(block["text"] for block in done["content"]), (deltas, done)
        assert done["stop_reason"] == "max_tokens" and done["usage"]["output_tokens"] == SHORT, done
        assert done["usage"]["input_tokens"] + done["usage"]["cache_read_input_tokens"] > 0, done
        ok("llama stream", f"{len(deltas)} deltas of a real model, then one `done`")

        second = agent.chat([*history, *done["messages"], user("And the bench press?")])
        assert second["content"] and second["usage"]["output_tokens"] == SHORT, second
        ok("llama second turn", "the history that `done` gave is accepted")
        assert agent.terminate() == 0


def check_hang_up(llama: str, mcp: str) -> None:
    with Agent(mcp, llama, CLAUDE_MAX_TOKENS=str(LONG), **SETTINGS) as agent:
        agent.wait_ready()
        before = generated(llama)
        with agent.open_stream([user("Tell me everything about training.")]) as (_, events):
            for event in events:
                if event.type == "text_delta":
                    break
            assert is_processing(llama), "the model should be writing"
        wait_until("the model to stop", lambda: not is_processing(llama))
        made = generated(llama) - before
        assert 0 < made < LONG, made
        ok("llama hang-up", f"the model stopped after {made} of {LONG} tokens")
        assert agent.terminate() == 0


def main(cache: Path) -> None:
    port = free_port()
    llama = f"http://127.0.0.1:{port}"
    with (
        WorkoutServer() as workouts,
        Process("llama", python("llama_server.py", str(port), str(cache / "model.gguf"))) as process,
    ):
        wait_until("the model", lambda: process.running() and httpx.get(f"{llama}/health").status_code == 200)
        check_turns(llama, workouts.url)
        check_hang_up(llama, workouts.url)


if __name__ == "__main__":
    clean_exit_on_sigterm()
    main(Path(sys.argv[1]).resolve())
