"""What `cyclorama doctor` looks at: each service, the client, the data folder, words that look like typing errors."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from api.settings import Settings, masked, stray_variables
from api.static import Client
from store.config import StoreConfig
from store.database import Database
from store.errors import StoreError
from store.opening import open_objects, open_relay

LOW_DISK_BYTES = 2 * 2**30
PROBE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. "note" is worth knowing; "broken" keeps the server from starting or working."""

    what: str
    state: Literal["ok", "note", "broken"]
    detail: str
    mend: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; changes nothing but making sure the data folder can be written."""
    findings = [
        Finding(name, "note", "no such variable", "check the spelling; the list above has every name")
        for name in stray_variables()
    ]
    try:
        config = settings.store
    except ValueError as error:
        return [*findings, Finding("settings", "broken", str(error), "see the table in the README")]
    findings.append(_data(settings.data))
    findings += [
        await _probe("database", masked(config.database_url), lambda: _database(config),
                     "start it, or correct CYCLORAMA_DATABASE_URL"),
        await _probe("objects", masked(config.objects_url), lambda: _objects(config),
                     "start it, make the bucket, or correct CYCLORAMA_OBJECTS_URL and the AWS_… keys"),
    ]
    if config.redis_url is None:
        findings.append(Finding("redis", "ok", "not used: one process does it all"))
    else:
        findings.append(await _probe("redis", masked(config.redis_url), lambda: _redis(config),
                                     "start it, or correct CYCLORAMA_REDIS_URL"))
    findings += [*_sharing(config), _workers(settings), _client(settings), _port(settings)]
    return findings


def _data(folder: Path) -> Finding:
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return Finding("data folder", "broken", f"{folder} cannot be written", "choose another with CYCLORAMA_DATA")
    free = shutil.disk_usage(existing).free
    detail = f"{folder}, {free / 2**30:.1f} GiB free"
    if free < LOW_DISK_BYTES:
        return Finding("data folder", "note", detail, "make room: an environment's pictures take up to 200 MB")
    return Finding("data folder", "ok", detail)


async def _probe(what: str, where: str, ask: Callable[[], Awaitable[None]], mend: str) -> Finding:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await ask()
    except StoreError as error:
        return Finding(what, "broken", f"{where}: {error}", mend)
    except TimeoutError:
        return Finding(what, "broken", f"{where}: no answer within {PROBE_TIMEOUT_S:g} s", mend)
    return Finding(what, "ok", where)


def _is_new(database_url: str) -> bool:
    """Whether it is an SQLite file that the first start will make; the data folder's finding says whether it can."""
    return database_url.startswith("sqlite:") and not Path(database_url.removeprefix("sqlite:///")).exists()


async def _database(config: StoreConfig) -> None:
    if _is_new(config.database_url):
        return
    database = Database(config.database_url)
    try:
        await database.ping()
    finally:
        await database.close()


async def _objects(config: StoreConfig) -> None:
    if config.objects_url.startswith("file:"):
        return
    objects = open_objects(config.objects_url)
    try:
        await objects.check()
    finally:
        await objects.close()


async def _redis(config: StoreConfig) -> None:
    relay = open_relay(config.redis_url)
    try:
        await relay.check()
    finally:
        await relay.close()


def _sharing(config: StoreConfig) -> list[Finding]:
    """With Redis there may be more machines, which cannot see this one's files."""
    urls = {"CYCLORAMA_DATABASE_URL": config.database_url, "CYCLORAMA_OBJECTS_URL": config.objects_url}
    local = [name for name, url in urls.items() if config.redis_url and url.startswith(("sqlite:", "file:"))]
    detail = "names files, which only processes of this machine share"
    return [Finding(name, "note", detail, "fine on one machine; for more, use Postgres and a bucket") for name in local]


def _workers(settings: Settings) -> Finding:
    if not settings.embedded_workers:
        return Finding("rendering", "note", "this server does not render", "run `cyclorama worker` somewhere")
    if importlib.util.find_spec("torch") is None:
        return Finding("rendering", "broken", "torch is not installed", "pip install 'torch>=2'")
    return Finding("rendering", "ok", "by this server itself, in two render processes")


def _client(settings: Settings) -> Finding:
    if Client(settings.client_dir).start_page() is None:
        return Finding("client", "note", f"not built in {settings.client_dir}", "make setup")
    return Finding("client", "ok", str(settings.client_dir))


def _port(settings: Settings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return Finding("port", "note", f"{where}: {error.strerror}", "if that is not this server, use --port")
    return Finding("port", "ok", f"{where} is free")
