"""A workout server on FastMCP (2 and 4 alike): `fastmcp_server.py PORT CALLS_FILE [SIGNING_KEY MODE]`.

With a key, `whoami` knows each user by the token of the request, signed with it. MODE `reads`: the tool verifies the token
itself. MODE `stateless`: FastMCP does, for every request; it would bind a session to the token that opened it.

Every call is appended to CALLS_FILE as one JSON line, so that a check can see what the server saw.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from fastmcp import Context, FastMCP
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token, get_http_request
from pydantic import BaseModel

PORT, CALLS = int(sys.argv[1]), Path(sys.argv[2])
EXERCISES = [
    {"id": "bench-press", "muscle_group": "chest", "equipment": "barbell"},
    {"id": "push-up", "muscle_group": "chest", "equipment": "none"},
    {"id": "squat", "muscle_group": "quads", "equipment": "barbell"},
]
KEY = sys.argv[3] if len(sys.argv) > 3 else None
STATELESS = sys.argv[4:] == ["stateless"]
mcp = FastMCP("workouts", auth=JWTVerifier(public_key=KEY, algorithm="HS256") if STATELESS else None)
workouts: dict[str, list[dict[str, Any]]] = defaultdict(list)


class WorkoutSet(BaseModel):
    """One set: reps times weight in a unit."""

    reps: int
    weight: float
    unit: str = "kg"


class WorkoutExercise(BaseModel):
    """One exercise and its sets, in order."""

    exercise_id: str
    sets: list[WorkoutSet]


def record(context: Context, tool: str, user_id: str | None) -> None:
    request: Any = context.request_context
    seen = request.meta if isinstance(request.meta, dict) else request.meta.model_dump()
    with CALLS.open("a") as calls:
        calls.write(json.dumps({"tool": tool, "user_id": user_id, "meta": seen}) + "\n")


@mcp.tool(annotations={"readOnlyHint": True})
def list_workouts(user_id: str, context: Context) -> list[dict[str, Any]]:
    """List the logged workouts, oldest first."""
    record(context, "list_workouts", user_id)
    return workouts[user_id]


@mcp.tool
def list_exercises(
    context: Context, muscle_group: str | None = None, equipment: str | None = None
) -> list[dict[str, Any]]:
    """List the exercises of the catalogue."""
    record(context, "list_exercises", None)
    wanted = {"muscle_group": muscle_group, "equipment": equipment}
    return [row for row in EXERCISES if all(value in (None, row[key]) for key, value in wanted.items())]


@mcp.tool
def create_workout(
    user_id: str,
    exercises: list[WorkoutExercise],
    context: Context,
    name: str | None = None,
    performed_at: str | None = None,
    ended_at: str | None = None,
    notes: str | None = None,
) -> dict[str, Any]:
    """Log a new workout."""
    record(context, "create_workout", user_id)
    workout = {
        "id": f"w{len(workouts[user_id]) + 1}",
        "exercises": [exercise.model_dump() for exercise in exercises],
        "name": name,
        "performed_at": performed_at,
        "ended_at": ended_at,
        "notes": notes,
    }
    workouts[user_id].append(workout)
    return workout


if KEY:

    @mcp.tool(annotations={"readOnlyHint": True})
    async def whoami(context: Context) -> str:
        """The subject of the request's token."""
        record(context, "whoami", None)
        token: Any = get_access_token()
        if not STATELESS:
            bearer = get_http_request().headers["authorization"].removeprefix("Bearer ")
            token = await JWTVerifier(public_key=KEY, algorithm="HS256").verify_token(bearer)
        return str(token.claims["sub"])


mcp.run(transport="http", host="127.0.0.1", port=PORT, show_banner=False, stateless_http=STATELESS)
