"""Every error as the one object that clients know, with the field that it is about."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import Send

from sparring.core.errors import BadData, OutOfResources, UserError
from sparring.serve.batching import Overloaded
from sparring.serve.complaints import field_of, sentence, worst
from sparring.serve.jobs import OtherRequest, TooManyJobs, UnknownJob
from sparring.serve.limits import LONGEST_WAIT
from sparring.serve.registry import UnknownModel
from sparring.serve.shelf import UnknownFile
from sparring.serve.trainings import RunInWork, UnknownRun

KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
"""The type of an error by its status; others are "invalid_request_error" or "server_error"."""
UNKNOWN_FIELD, REPEATED_FIELD = "unknown_field", "repeated_field"
LONGEST_MESSAGE = 1_000  # characters; what a client sent is not sent back at any length


class Refused(HTTPException):
    """A request that is answered with an error.

    Args:
        status: of HTTP.
        message: a sentence for people.
        param: the field that it is about.
        code: a word for programs.
        headers: of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, dict(headers or {}))
        self.param, self.code = param, code


@contextlib.contextmanager
def blaming(param: str) -> Iterator[None]:
    """What people can mend in this block is about one field of the request."""
    try:
        yield
    except UserError as error:
        raise refusal(error, param) from error


def refusal(error: UserError, param: str | None = None) -> Refused:
    """What a client is told of a mistake or a lack."""
    message = str(error)
    match error:
        case UnknownModel():
            return Refused(404, message, param="model", code="model_not_found")
        case UnknownJob() | UnknownRun() | UnknownFile():
            return Refused(404, message, param="id", code="not_found")
        case Overloaded():
            wait = {"Retry-After": str(error.seconds)}
            return Refused(429, message, code="overloaded", headers=wait)
        case TooManyJobs():
            wait = {"Retry-After": str(LONGEST_WAIT)}
            return Refused(429, message, code="too_many_jobs", headers=wait)
        case OtherRequest():
            return Refused(422, message, param="Idempotency-Key", code="idempotency_key_reused")
        case RunInWork():
            return Refused(409, message, param="id", code="already_running")
        case OutOfResources():
            # Where it was, is for the log of the service.
            return Refused(507, "The service lacks memory or disk for this.", code="out_of_space")
        case BadData():
            return Refused(503, "This model cannot be used.", param="model", code="unusable_model")
    return Refused(400, message, param=param, code="invalid_value")


def body_of(error: HTTPException) -> bytes:
    """The error object as JSON."""
    status, param = error.status_code, getattr(error, "param", None)
    usual = "invalid_request_error" if status < 500 else "server_error"
    told = {
        "message": _legal(str(error.detail))[:LONGEST_MESSAGE],
        "type": KINDS.get(status, usual),
        "param": None if param is None else _legal(str(param))[:LONGEST_MESSAGE],
        "code": getattr(error, "code", None),
    }
    return json.dumps({"error": told}, ensure_ascii=False).encode()


async def refuse(send: Send, error: HTTPException) -> None:
    """Answer with an error, outside of any route."""
    body = body_of(error)
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    headers |= {name.lower(): value for name, value in (error.headers or {}).items()}
    await send(
        {
            "type": "http.response.start",
            "status": error.status_code,
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})


def handle_errors(app: FastAPI) -> None:
    """Have an app answer every foreseen error with the error object."""

    def answer(error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        return Response(body_of(error), error.status_code, headers, "application/json")

    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(error)

    async def mistaken(_request: Request, error: Exception) -> Response:
        assert isinstance(error, UserError)
        return answer(refusal(error))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(_explained(error, _body_of(request.scope.get("route"))))

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(UserError, mistaken)
    app.add_exception_handler(RequestValidationError, invalid)


def _explained(error: RequestValidationError, model: type[BaseModel] | None) -> Refused:
    """The first complaint in a sentence."""
    problems = worst(error.errors())
    problem = problems[0]
    model = model if problem["loc"][0] == "body" else None
    param = field_of(problem["loc"][1:], model) or None
    if problem["type"] == UNKNOWN_FIELD:
        told = problem["ctx"]
        whole = ".".join(filter(None, (param, told["param"])))
        return Refused(400, problem["msg"], param=whole, code="unknown_field")
    if problem["type"] == "missing":
        what = f"The field {param!r} is missing." if param else "A JSON object is needed."
        return Refused(400, what, param=param, code="missing_field")
    said = f"{param or 'The body'}: {sentence(problems, model)}."
    return Refused(400, said, param=param, code="invalid_value")


def _body_of(route: object) -> type[BaseModel] | None:
    """What the body of a route is to be; None where it has none."""
    field = route.body_field if isinstance(route, APIRoute) else None
    kind = field.field_info.annotation if field is not None else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _legal(text: str) -> str:
    """Text that can be sent, whatever a client wrote."""
    return text.encode("utf-8", "replace").decode("utf-8")
