"""Checks that the types of the official `anthropic` package allow every request body that the agent sends.

Claude's API refuses a key it does not know, at any level, so an unknown key is an error here too: the TypedDicts of
the package are walked by hand, for neither a type checker nor pydantic forbids extras inside (lazy) nested ones.
"""

from __future__ import annotations

import copy
import json
import os
import types
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import (
    Annotated,
    Any,
    ForwardRef,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from anthropic.types.beta.message_create_params import MessageCreateParamsStreaming as BetaParamsStreaming
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from anthropic.types.tool_param import InputSchemaTyped
from typing_extensions import is_typeddict

from harness import Json, ok

# A JSON Schema may have any keyword.
OPEN = (InputSchemaTyped,)


def errors(value: object, expected: Any, path: str = "body") -> list[str]:
    """Why `value` is not an `expected`; empty when it is."""
    origin, arguments = get_origin(expected), get_args(expected)
    if origin in (Annotated, Required, NotRequired):
        return errors(value, arguments[0], path)
    if origin in (Union, types.UnionType):
        return _union_errors(value, arguments, path)
    if origin is Literal:
        return [] if value in arguments else [f"{path}: {value!r} is none of {arguments}"]
    if is_typeddict(expected):
        return _typed_dict_errors(value, expected, path)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return [] if isinstance(value, dict) else [f"{path}: not an object"]
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return _list_errors(value, arguments[0], path)
    if origin is not None:
        return [f"{path}: JSON has no {expected}"]  # an open file, say, which a program may pass
    return _plain_errors(value, expected, path)


def _union_errors(value: object, variants: Sequence[Any], path: str) -> list[str]:
    """The errors of the intended variant: the one of the value's kind, and of its `type` if it is a block."""
    all_errors = [errors(value, variant, path) for variant in variants]
    if not all(all_errors):
        return []
    foreign = (f"{path}:", f"{path}.type:")
    return min(all_errors, key=lambda found: (any(error.startswith(foreign) for error in found), len(found)))


def _typed_dict_errors(value: object, expected: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: not an object"]
    hints, required = _fields(expected)
    found = [f"{path}.{key}: missing" for key in required - value.keys()]
    if expected not in OPEN:
        found += [f"{path}.{key}: extra key" for key in value.keys() - hints.keys()]
    for key in value.keys() & hints.keys():
        found += errors(value[key], hints[key], f"{path}.{key}")
    return found


@cache
def _fields(expected: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """The keys with their types, and the required ones.

    `__required_keys__` alone does not see a `Required` in a module of postponed annotations.
    """
    hints = get_type_hints(expected, include_extras=True)
    marked = {key for key, hint in hints.items() if get_origin(hint) is Required}
    unmarked = {key for key in expected.__required_keys__ if get_origin(hints[key]) is not NotRequired}
    return hints, frozenset(marked | unmarked)


def _list_errors(value: object, item: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: not a list"]
    return [error for index, entry in enumerate(value) for error in errors(entry, item, f"{path}[{index}]")]


def _plain_errors(value: object, expected: Any, path: str) -> list[str]:
    assert not isinstance(expected, ForwardRef), f"{path}: an unresolved type, {expected}"
    if expected in (object, Any):
        return []
    plain = int | float if expected is float else expected
    # To Python `True` is an int; to Claude's API it is not.
    if isinstance(value, bool) and expected is not bool or not isinstance(value, plain):
        return [f"{path}: {value!r} is no {expected}"]
    return []


def self_test() -> None:
    """Self-test: the check must refuse what Claude refuses."""
    cached = {"cache_control": {"type": "ephemeral"}}
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "$defs": {}}
    call = {"type": "tool_use", "id": "toolu_1", "name": "t", "input": {"any": {"thing": 1}}}
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "x"}, image]}
    good: Json = {
        "model": "m",
        "max_tokens": 1,
        "stream": True,
        "system": [{"type": "text", "text": "s", **cached}],
        "tools": [{"name": "t", "description": "d", "input_schema": schema, **cached}],
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [{"type": "text", "text": "ok"}, call]},
            {"role": "user", "content": [result]},
        ],
    }
    assert errors(good, MessageCreateParamsStreaming) == [], errors(good, MessageCreateParamsStreaming)
    places: list[list[str | int]] = [
        [],
        ["system", 0],
        ["system", 0, "cache_control"],
        ["tools", 0],
        ["messages", 0],
        ["messages", 1, "content", 0],
        ["messages", 1, "content", 1],
        ["messages", 2, "content", 0],
        ["messages", 2, "content", 0, "content", 0],
        ["messages", 2, "content", 0, "content", 1, "source"],
    ]
    for place in places:
        bad = copy.deepcopy(good)
        target: Any = bad
        for step in place:
            target = target[step]
        target["surprise"] = 1
        found = errors(bad, MessageCreateParamsStreaming)
        assert found and "surprise: extra key" in " ".join(found), (place, found)
    for key, value in (("stream", False), ("max_tokens", "1"), ("max_tokens", True), ("messages", {})):
        assert errors({**good, key: value}, MessageCreateParamsStreaming), (key, value)
    assert errors({key: good[key] for key in good if key != "model"}, MessageCreateParamsStreaming)


def main(directory: Path) -> None:
    self_test()
    ok("types self-test", "a request with an extra key is refused, at every level")
    files = sorted(directory.glob("*.json"))
    assert files, f"no request in {directory}"
    beta = 0
    for file in files:
        body = json.loads(file.read_text())
        found = errors(body, MessageCreateParamsStreaming)
        # `fallback` blocks go back to Claude in place; only the types of the beta endpoint know them.
        if found and not errors(body, BetaParamsStreaming):
            beta += 1
            continue
        assert not found, f"{file.name}: {found}"
    ok("types", f"{len(files)} requests are what the anthropic package allows, {beta} of them by its beta types")


if __name__ == "__main__":
    main(Path(os.environ["INTEROP_REQUESTS_DIR"]))
