"""What commands say on a terminal: one clear line when something fails, a bar while pictures are made, and the
settings that commands run by."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from api.settings import Settings, SettingsError

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

_BAR_CHARACTERS = 24


def fail(message: str, code: int = 1) -> NoReturn:
    """End with one clear line on stderr."""
    click.echo(f"cyclorama: {message}", err=True)
    raise SystemExit(code)


def settings_of(**flags: Any) -> Settings:
    """Settings from environment and flags; ends the process with one line when a variable cannot be used."""
    try:
        return Settings.read(**flags)
    except SettingsError as error:
        fail(str(error), 2)


class Bar:
    """A progress bar on stderr, drawn only for people: nothing is written into a file or a pipe.

    Args:
        quiet: draw nothing at all.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._drawn = False
        self._silent = quiet or not sys.stderr.isatty()

    def __call__(self, share: float, phase: str) -> None:
        """Show the share done (0–1) and what is being done."""
        if self._silent:
            return
        full = round(min(max(share, 0.0), 1.0) * _BAR_CHARACTERS)
        bar = "━" * full + "·" * (_BAR_CHARACTERS - full)
        click.echo(f"\r\x1b[K{bar} {share:4.0%}  {phase[:60]}", nl=False, err=True)
        self._drawn = True

    def clear(self) -> None:
        """Leave the line as it was found."""
        if self._drawn:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._drawn = False


@contextmanager
def cleanly(bar: Bar, directory: Path) -> Iterator[None]:
    """Turn what rendering may raise into one line and an exit status: 2 a bad request, 1 a failure, 130 Ctrl-C."""
    from render.errors import RenderError, SpecError

    try:
        yield
    except SpecError as error:
        bar.clear()
        fail(str(error), 2)
    except RenderError as error:
        bar.clear()
        fail(str(error))
    except OSError as error:
        bar.clear()
        fail(f"cannot write to {directory}: {error.strerror or error}")
    except KeyboardInterrupt:
        bar.clear()
        fail("stopped; what is finished stays, and the same command goes on from there", INTERRUPTED)
