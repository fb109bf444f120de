"""People as REST takes and gives them: who one is, tokens, a project's members."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.models.base import Email, Input, Label, Name, Output, Password
from store.people import Role


class UserOut(Output):
    """A person, or a tool that acts under a name."""

    id: str
    name: str
    email: str | None
    color: str = Field(description="The colour of their cursor and avatar, #rrggbb.")


class MeOut(Output):
    """Who the credential belongs to."""

    user: UserOut


class SignIn(Input):
    """An e-mail address and a password."""

    email: Email
    password: Annotated[str, StringConstraints(min_length=1, max_length=256)]


class MePatch(Input):
    """What one may change about oneself; what is left out stays."""

    name: Name | None = None
    password: Password | None = None
    current_password: Annotated[str, StringConstraints(max_length=256)] | None = Field(
        default=None, description="Needed to change a password that is already set."
    )


class TokenIn(Input):
    """What the new token is for."""

    label: Label


class TokenOut(Output):
    """A token as listed: the secret itself is shown once, at its making."""

    id: str
    label: str
    kind: Literal["api", "session", "link"]
    created_at: float
    expires_at: float | None
    current: bool = Field(description="Whether this very request was made with it.")


class NewTokenOut(Output):
    """A fresh token, shown this once."""

    id: str
    label: str
    token: str


class TokenList(Output):
    """One's own tokens and sessions."""

    tokens: list[TokenOut]


class MemberIn(Input):
    """Whom to take in, by e-mail address; a name for somebody new here."""

    email: Email
    name: Name | None = None
    role: Role


class RoleIn(Input):
    """A member's new role."""

    role: Role


class MemberOut(Output):
    """A member of a project."""

    user: UserOut
    role: Role


class NewMemberOut(MemberOut):
    """A member just taken in; somebody new here gets a link that signs them in once."""

    sign_in_url: str | None = None


class MemberList(Output):
    """A project's members."""

    members: list[MemberOut]
