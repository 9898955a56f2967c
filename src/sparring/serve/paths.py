"""Which paths there are, and what somebody is told who asks for another one."""

from __future__ import annotations

import difflib

from starlette.routing import Match, Mount, Route
from starlette.types import Scope

from sparring.serve.errors import Refused

OWN = "/v1/"
"""Beneath this a path is the service's own, whatever else answers at the same port."""
LONGEST_PATH = 200  # characters that are told of a path


def require_route(scope: Scope) -> None:
    """Make sure that a request is for a path that is there, by a method that is possible.

    What else is mounted beside the service answers for the other paths itself.

    Raises:
        Refused: with 404 or 405, neither is so.
    """
    every, whole = scope["app"].routes, scope["path"]
    routes = [route for route in every if isinstance(route, Route)]
    matched = [(route, route.matches(scope)[0]) for route in routes]
    here = [route for route, match in matched if match is not Match.NONE]
    if any(match is Match.FULL for _, match in matched):
        return
    if here:
        scope["route"] = here[0]  # for the log and the metrics
        raise _impossible(scope["method"], whole[:LONGEST_PATH], here)
    if whole.startswith(OWN) or not any(isinstance(each, Mount) for each in every):
        raise _unknown(whole[:LONGEST_PATH], routes)


def _impossible(method: str, path: str, here: list[Route]) -> Refused:
    methods = sorted({method for route in here for method in route.methods or ()})
    listed = ", ".join(methods)
    are = "is" if len(methods) == 1 else "are"
    return Refused(
        405, f"{method} is not possible at {path}; {listed} {are}.",
        code="method_not_allowed", headers={"Allow": listed},
    )  # fmt: skip


def _unknown(path: str, routes: list[Route]) -> Refused:
    near = difflib.get_close_matches(path, [route.path for route in routes], n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return Refused(
        404, f"There is no {path} here. {hint}GET /openapi.json lists all paths.",
        code="unknown_path",
    )  # fmt: skip
