"""What all models of REST share: kinds of text, what may be sent, what is answered, problems.

Input models refuse unknown fields and never turn a string into a number.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.functional_validators import AfterValidator

MAX_DESCRIPTION = 20_000
LocationType = Literal["exterior", "interior"]
Quality = Literal["low", "standard", "high"]
VariationType = Literal["time_of_day", "weather", "season"]
Axis = Literal["time_of_day", "weather", "season", "custom"]


def _printable(text: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError("may not hold control characters")
    return text


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("may not hold the character NUL")
    return text


def _email(text: str) -> str:
    name, at, host = text.partition("@")
    if not at or not name or not host or any(c.isspace() or c == "@" for c in host + name):
        raise ValueError("must look like name@example.com")
    return text.lower()


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_printable)
]
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_printable)
]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254), AfterValidator(_printable),
    AfterValidator(_email),
]
Password = Annotated[str, StringConstraints(min_length=8, max_length=256)]
LongText = Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION), AfterValidator(_no_nul)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Input(BaseModel):
    """Base of what is sent to us."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Output(BaseModel):
    """Base of what we answer."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)


class FieldProblem(Output):
    """What is wrong with one field."""

    field: str
    message: str


class ProblemBody(Output):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem]
    request_id: str | None = None


class HealthOut(Output):
    """Alive, or ready with each service's state."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, str]
