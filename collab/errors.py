"""What can go wrong with living documents, and the close code each mishap ends a connection with.

    CollabError
    └── RefusalError           this frame, or this connection, is not taken; carries a close code
        ├── ProtocolError      4400  bytes that are not the protocol, or an update that does not decode
        ├── ForbiddenError     4403  well-formed, but the rules of the document say no; the reason names the rule
        ├── EpochError         4409  the client holds another history of the document
        ├── TooLargeError      4413  a frame, update or presence state above the limit
        ├── TooFastError       4429  more messages or bytes per second than the limit
        └── NotSavingError     1013  the store is away, and as much waits for it as may
"""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """Why the server ends a connection. 4400-4499 will not heal by trying again; 1012 and 1013 will."""

    GOING_AWAY = 1012
    TRY_LATER = 1013
    PROTOCOL = 4400
    SIGN_IN = 4401
    FORBIDDEN = 4403
    NO_DOCUMENT = 4404
    EPOCH = 4409
    TOO_LARGE = 4413
    TOO_FAST = 4429


class CollabError(Exception):
    """Base of everything that collab raises on purpose."""


class RefusalError(CollabError):
    """The connection that sent this must be closed; everybody else is unharmed.

    Args:
        reason: one sentence for the person at the other end; WebSocket reasons are cut at 123 bytes.
    """

    code = CloseCode.PROTOCOL

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ProtocolError(RefusalError):
    """The bytes are not y-protocols, or the update in them does not decode."""


class ForbiddenError(RefusalError):
    """The rule named in the reason forbids this."""

    code = CloseCode.FORBIDDEN


class EpochError(RefusalError):
    """The client's copy descends from another history of the document."""

    code = CloseCode.EPOCH


class TooLargeError(RefusalError):
    """More bytes in one piece than this document takes."""

    code = CloseCode.TOO_LARGE


class TooFastError(RefusalError):
    """The connection used up its allowance of messages or bytes."""

    code = CloseCode.TOO_FAST


class NotSavingError(RefusalError):
    """The server keeps as much unsaved as it may; the client keeps its change and brings it when it comes back."""

    code = CloseCode.TRY_LATER
