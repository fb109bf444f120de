"""The command `cyclorama`. Each subcommand imports what it needs when it runs: serving no torch, rendering no web."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from api import cli_pictures
from api.logs import set_up_logging
from api.settings import VARIABLES, Settings
from api.terminal import fail, settings_of
from store.ids import DocKind

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine; a store's or the farm's error ends the process with its own sentence, which says the mend."""
    from render.errors import RenderError
    from store.errors import StoreError

    try:
        return asyncio.run(work)
    except (StoreError, RenderError) as error:
        fail(str(error))


data_option = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Folder for everything kept on this machine.  [default: $CYCLORAMA_DATA or ./var]",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="cyclorama")
def main() -> None:
    """Cyclorama: a film team builds its locations together and sees them rendered while they talk.

    \b
    cyclorama serve                 the server, with everything built in
    cyclorama worker                one more machine that renders (needs Redis)
    cyclorama render SCENE.json     pictures of a place, without any server
    cyclorama describe "a misty…"   words to a kind of place and parameters
    cyclorama doctor                what is configured, reachable, missing, and how to mend it

    Every setting is an environment variable named CYCLORAMA_…; `cyclorama doctor` lists them all.
    """


@main.command()
@click.option("--host", help="Address to listen on.  [default: $CYCLORAMA_HOST or 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: $CYCLORAMA_PORT or 8700]")
@data_option
def serve(host: str | None, port: int | None, data: Path | None) -> None:
    """Run the server and print one URL that signs you in as owner.

    With nothing configured it keeps a SQLite file and pictures in the data folder and renders by itself. With
    CYCLORAMA_DATABASE_URL, CYCLORAMA_OBJECTS_URL and CYCLORAMA_REDIS_URL set it is one web node of many, and
    `cyclorama worker` processes render.

    It listens on this machine only. To let others in, name an address (--host 0.0.0.0), and put a reverse proxy with
    https in front (CYCLORAMA_PUBLIC_URL=https://…).
    """
    settings = settings_of(host=host, port=port, data=data)
    set_up_logging(settings.log_level)
    from api.serve import CannotListenError
    from api.serve import serve as serve_until_stopped
    from store.errors import StoreError

    if not settings.is_loopback and not settings.is_https:
        click.echo("cyclorama: this address is reachable by others without https; passwords travel readably", err=True)

    def announce(link: str) -> None:
        click.echo(f"\n  Cyclorama is ready. Sign in as owner, once, within a day:\n\n    {link}\n")

    try:
        serve_until_stopped(settings, announce)
    except (CannotListenError, StoreError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"cannot use the data folder {settings.data}: {error.strerror or error}")


@main.command()
@click.option(
    "--lane", "lanes", multiple=True, type=click.Choice(["preview", "settled"]),
    help="Serve only this lane; may be given twice.  [default: both]",
)
@click.option("--name", help="Name in the log and the ledger; unique among workers.  [default: made up]")
@data_option
def worker(lanes: tuple[str, ...], name: str | None, data: Path | None) -> None:
    """Render for the farm until told to stop.

    A worker shares the database, the bucket and Redis with the servers. Each lane has a render process of its own, so
    that a long render never keeps a preview waiting. SIGTERM drains it: running jobs finish or go back to the queue.
    """
    settings = settings_of(data=data)
    set_up_logging(settings.log_level)
    if settings.redis_url is None:
        fail(
            "CYCLORAMA_REDIS_URL is not set, so no server could wake this worker. Set it to the servers' Redis, or let "
            "`cyclorama serve` render by itself"
        )
    from render.config import LANES
    from render.serve_worker import run_worker

    chosen = tuple(lane for lane in LANES if not lanes or lane in lanes)
    run(run_worker(settings.store, settings.farm, chosen, name=name))


@main.command()
@data_option
def doctor(data: Path | None) -> None:
    """Say what is configured, reachable and missing, and how to mend it.

    Changes nothing. Ends with 0 when the server could start here, with 1 when something must be mended first.
    """
    settings = settings_of(data=data)
    from api.doctor import examine

    findings = asyncio.run(examine(settings))
    width = max(len(v.name) for v in VARIABLES)
    shown = settings.shown()
    click.echo("Settings")
    for variable in VARIABLES:
        click.echo(f"  {variable.name:<{width}}  {shown[variable.name] or '-'}")
    click.echo("\nFindings")
    signs = {"ok": "ok  ", "note": "note", "broken": "MEND"}
    for finding in findings:
        click.echo(f"  {signs[finding.state]}  {finding.what}: {finding.detail}")
        if finding.mend:
            click.echo(f"        → {finding.mend}")
    if any(finding.state == "broken" for finding in findings):
        raise SystemExit(1)


@main.command()
def openapi() -> None:
    """Print the REST API's OpenAPI 3.1 file; client/openapi.json is this command's output."""
    from api.app import create_app
    from api.openapi import openapi_of

    click.echo(json.dumps(openapi_of(create_app(Settings())), indent=1, sort_keys=True))


@main.command("scene-schema")
def print_scene_schema() -> None:
    """Print the JSON Schema of scene parameters: units, ranges, defaults."""
    from render.scene import scene_schema

    click.echo(json.dumps(scene_schema(), indent=1, ensure_ascii=False))


@main.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database's tables up to date. The server does this at every start; this does only this."""
    settings = settings_of(data=data)
    from api.settings import masked
    from store.opening import open_stores

    async def work() -> None:
        async with open_stores(settings.store):
            pass

    run(work())
    click.echo(f"{masked(settings.database_url)} is up to date")


class Moment(click.ParamType[float]):
    """A time on the command line."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Unix seconds."""
        from api.moments import read_time

        try:
            return read_time(str(value))
        except ValueError:
            self.fail(f"{str(value)[:40]!r} is no time: give unix seconds, or 2026-05-01T18:00 (UTC)", param, ctx)


DOCUMENTS = click.Choice(["environments", "annotations", "votes"])


@main.command()
@click.argument("project")
@click.argument("document", type=DOCUMENTS, default="environments")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many to list.")
@click.option("--before", type=click.IntRange(1), metavar="SEQ", help="Only changes before this one.")
@click.option("--at", "time", type=Moment(), help="Print the document as it was then, as JSON.")
@click.option("--seq", type=click.IntRange(1), help="Print the document as it was after this change.")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write a Yjs update instead.")
@data_option
def history(
    project: str, document: DocKind, limit: int, before: int | None, time: float | None, seq: int | None,
    out: Path | None, data: Path | None,
) -> None:  # fmt: skip
    """Who changed a DOCUMENT (environments, annotations, votes) of PROJECT and when; or what it was at a moment."""
    settings = settings_of(data=data)
    from api.moments import list_changes, moment_of, shown

    if time is not None and seq is not None:
        fail("give --at or --seq, not both", 2)
    if time is None and seq is None:
        for line in run(list_changes(settings, project, document, limit=limit, before=before)):
            click.echo(line)
        return
    moment = run(moment_of(settings, project, document, time=time, seq=seq))
    click.echo(f"epoch {moment.epoch}, change {moment.seq}, {shown(moment.at)} UTC", err=True)
    if out is None:
        click.echo(json.dumps(moment.content, indent=1, ensure_ascii=False))
    else:
        out.write_bytes(moment.update)


@main.command()
@click.argument("project")
@click.argument("document", type=DOCUMENTS)
@click.option("--from-time", "time", type=Moment(), help="Begin again with what it was then.")
@click.option("--from-seq", "seq", type=click.IntRange(1), help="Or with what it was after this change.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def epoch(
    project: str, document: DocKind, time: float | None, seq: int | None, yes: bool, data: Path | None
) -> None:
    """Take a whole DOCUMENT of PROJECT back to a moment, as a new history.

    Everybody who has it open is sent away and keeps a copy to export: nothing of the old history is merged into the new
    one. The log keeps both. To undo one change, edit instead.
    """
    settings = settings_of(data=data)
    if (time is None) == (seq is None):
        fail("say what to begin with: --from-time or --from-seq", 2)
    from api.moments import begin_epoch
    from collab.errors import CollabError

    if not yes:
        click.confirm(f"Take {document} of {project} back for everybody?", abort=True)
    try:
        click.echo(run(begin_epoch(settings, project, document, time=time, seq=seq)))
    except CollabError as error:
        fail(str(error))


@main.group()
def token() -> None:
    """API tokens and sign-in links."""


@token.command("create")
@click.option("--user", "email", metavar="EMAIL", help="Whose token.  [default: the owner's]")
@click.option("--label", default="made by cyclorama token create", show_default=True, help="What it is for.")
@data_option
def create_token(email: str | None, label: str, data: Path | None) -> None:
    """Make an API token and print it, this once. Tools send it as `Authorization: Bearer …`."""
    settings = settings_of(data=data)
    from api.keys import make_token

    click.echo(run(make_token(settings, email, label)))


@token.command("link")
@click.option("--user", "email", metavar="EMAIL", help="Who signs in with it.  [default: the owner]")
@data_option
def create_link(email: str | None, data: Path | None) -> None:
    """Print a URL that signs a browser in, once, within a day."""
    settings = settings_of(data=data)
    from api.keys import make_link

    click.echo(run(make_link(settings, email)))


@main.group()
def user() -> None:
    """People of this installation."""


@user.command("create")
@click.argument("email")
@click.option("--name", help="How others see them.  [default: the address up to the @]")
@click.option("--password", is_flag=True, help="Ask for a password; otherwise a sign-in link is printed.")
@data_option
def create_user(email: str, name: str | None, password: bool, data: Path | None) -> None:
    """Add somebody with an e-mail address. Project owners take them into projects."""
    settings = settings_of(data=data)
    secret = click.prompt("Password", hide_input=True, confirmation_prompt=True) if password else None
    if secret is not None and len(secret) < 8:
        fail("a password has at least 8 characters", 2)
    from api.keys import make_user

    click.echo(run(make_user(settings, email, name or email.partition("@")[0], secret)))


for command in (cli_pictures.render, cli_pictures.describe, cli_pictures.sheet):
    main.add_command(command)

if __name__ == "__main__":
    main()
