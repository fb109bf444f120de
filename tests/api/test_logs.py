"""The log: one line per event, whatever strangers send."""

from __future__ import annotations

import logging

from api.logs import set_up_logging


def test_a_strangers_words_cannot_forge_a_line() -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        set_up_logging("info")
        formatter = root.handlers[0].formatter
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert formatter is not None
    record = logging.LogRecord("api", logging.INFO, "", 0, "path=%s", ("/x\r\n2026 INFO forged\u2028",), None)

    line = formatter.format(record)

    assert line.endswith("INFO    api path=/x\\r\\n2026 INFO forged\\u2028")
    assert len(line.splitlines()) == 1
