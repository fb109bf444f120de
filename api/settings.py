"""Settings: every variable Cyclorama listens to, in one table. Nothing else in the house reads the environment.

The table drives the README's configuration table, `cyclorama doctor` and the command line's help. Keys of an S3 bucket
are not here: boto3 finds them by its own chain (`AWS_ACCESS_KEY_ID`, profiles, instance roles).
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from render.config import FarmConfig
from store.config import StoreConfig

REPOSITORY = Path(__file__).resolve().parent.parent
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """A variable holds something that cannot be used; the message names it and says what would do."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: the field of Settings it fills, its default as a reader sees it, and a sentence."""

    name: str
    field: str
    default: str
    doc: str
    secret: bool = False


VARIABLES: tuple[Variable, ...] = (
    Variable("CYCLORAMA_DATA", "data", "./var",
             "Folder for everything kept on this machine: the SQLite file, pictures, the owner's token."),
    Variable("CYCLORAMA_DATABASE_URL", "database_url", "sqlite:///<data>/cyclorama.db",
             "Where documents, jobs and people are kept: sqlite:///path or postgresql://user:password@host:port/name.",
             secret=True),
    Variable("CYCLORAMA_OBJECTS_URL", "objects_url", "file://<data>/objects",
             "Where pictures are kept: file:///folder or s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1.",
             secret=True),
    Variable("CYCLORAMA_REDIS_URL", "redis_url", "",
             "Redis that carries edits between web nodes and tickets to workers; without it one process does it all.",
             secret=True),
    Variable("CYCLORAMA_EMBEDDED_WORKERS", "embedded_workers", "on without Redis, off with it",
             "Whether `cyclorama serve` renders on this machine too (on or off)."),
    Variable("CYCLORAMA_DEVICE", "device", "cpu",
             "Where pictures are computed, as torch names it: cpu, cuda, cuda:1. Every render process uses this one."),
    Variable("CYCLORAMA_RENDER_THREADS", "render_threads", "2",
             "How many threads each render process uses; two halve most waits, more gain little."),
    Variable("CYCLORAMA_HOST", "host", "127.0.0.1", "Address `cyclorama serve` listens on."),
    Variable("CYCLORAMA_PORT", "port", "8700", "Port `cyclorama serve` listens on."),
    Variable("CYCLORAMA_PUBLIC_URL", "public_url", "http://<host>:<port>",
             "The address people type; sign-in links are made of it, and https makes cookies Secure."),
    Variable("CYCLORAMA_ORIGINS", "origins", "",
             "Further origins whose pages may act with a session cookie, separated by commas (a client dev server)."),
    Variable("CYCLORAMA_TRUSTED_PROXIES", "trusted_proxies", "127.0.0.1",
             "Addresses of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, by commas."),
    Variable("CYCLORAMA_OWNER_TOKEN", "owner_token", "made at first start, kept in <data>/owner-token",
             "Fixes the owner's API token, for automation; at least 16 characters.", secret=True),
    Variable("CYCLORAMA_SESSION_DAYS", "session_days", "30", "How long a browser stays signed in."),
    Variable("CYCLORAMA_HISTORY_DAYS", "history_days", "0",
             "How many days every single change is kept; older ones give way to one checkpoint a day. 0 keeps all."),
    Variable("CYCLORAMA_DEMO", "demo", "off", "Makes a demo project when there is no project yet (on or off)."),
    Variable("CYCLORAMA_CLIENT_DIR", "client_dir", "client/build", "Folder of the built client that is served at /."),
    Variable("CYCLORAMA_OBJECT_REDIRECTS", "object_redirects", "off",
             "Answer GET /api/objects with a redirect to the bucket where the store can sign one (on or off)."),
    Variable("CYCLORAMA_LOG_LEVEL", "log_level", "info", "debug, info, warning or error."),
    Variable("CYCLORAMA_NODE", "node", "<host name>-<process id>",
             "Name of this web node in logs and between nodes; must be unique among them."),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an operator may choose, checked once.

    Args:
        data: folder for what is kept on this machine.
        database_url, objects_url: carry passwords; `masked` is for showing them. repr leaves them out.
        redis_url: None means one process does it all.
        embedded_workers: whether the server renders too.
        public_url: without a trailing slash.
        origins: further origins allowed to act with a cookie, as `scheme://host[:port]`.
    """

    data: Path = Path("var")
    database_url: str = field(default="", repr=False)
    objects_url: str = field(default="", repr=False)
    redis_url: str | None = field(default=None, repr=False)
    embedded_workers: bool = True
    device: str = "cpu"
    render_threads: int = 2
    host: str = "127.0.0.1"
    port: int = 8700
    public_url: str = ""
    origins: tuple[str, ...] = ()
    trusted_proxies: str = "127.0.0.1"
    owner_token: str | None = field(default=None, repr=False)
    session_days: float = 30.0
    history_days: float = 0.0
    demo: bool = False
    client_dir: Path = REPOSITORY / "client" / "build"
    object_redirects: bool = False
    log_level: str = "info"
    node: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None, **flags: Any) -> Settings:
        """Settings from the environment; flags (from the command line) that are not None win over it.

        Raises:
            SettingsError: a variable cannot be used; names it and says what would do.
        """
        environ = os.environ if environ is None else environ
        texts = {v.field: environ[v.name].strip() for v in VARIABLES if environ.get(v.name, "").strip()}
        texts |= {name: str(value) for name, value in flags.items() if value is not None}
        values: dict[str, Any] = {"embedded_workers": "redis_url" not in texts}
        for variable in VARIABLES:
            if variable.field in texts:
                try:
                    values[variable.field] = _READERS.get(variable.field, str)(texts[variable.field])
                except ValueError as error:
                    raise SettingsError(f"{variable.name}: {error}") from error
        return cls(**values)

    def __post_init__(self) -> None:
        data = self.data.expanduser().absolute()
        self._fill("data", data)
        self._fill("client_dir", self.client_dir.expanduser().absolute())
        if not self.database_url:
            self._fill("database_url", f"sqlite:///{data / 'cyclorama.db'}")
        if not self.objects_url:
            self._fill("objects_url", f"file://{data / 'objects'}")
        if not self.public_url:
            host = f"[{self.host}]" if ":" in self.host else self.host
            self._fill("public_url", f"http://{'127.0.0.1' if host in ('0.0.0.0', '[::]') else host}:{self.port}")
        if not self.node:
            self._fill("node", f"{socket.gethostname()}-{os.getpid()}")

    def _fill(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def store(self) -> StoreConfig:
        """What `store` needs."""
        return StoreConfig(
            database_url=self.database_url, objects_url=self.objects_url, redis_url=self.redis_url
        )

    @property
    def farm(self) -> FarmConfig:
        """What `render` needs."""
        # Somebody waits at a prompt while the server stops; what is not done by then goes back to the queue.
        return FarmConfig(
            redis_url=self.redis_url, embedded_drain_s=1.0, device=self.device, threads=self.render_threads
        )

    @property
    def is_https(self) -> bool:
        """Whether people reach this server by https."""
        return self.public_url.startswith("https://")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK_HOSTS

    def shown(self) -> dict[str, str]:
        """Every variable with its value as it may be shown: passwords masked, the owner's token left out."""
        values: dict[str, str] = {}
        for variable in VARIABLES:
            value = getattr(self, variable.field)
            if variable.field == "owner_token":
                values[variable.name] = "set" if value else "not set"
            elif isinstance(value, bool):
                values[variable.name] = "on" if value else "off"
            elif isinstance(value, tuple):
                values[variable.name] = ", ".join(value)
            else:
                values[variable.name] = masked(str(value)) if value is not None else ""
        return values


def stray_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """Variables that look like ours but are not: most likely misspelt."""
    environ = os.environ if environ is None else environ
    known = {v.name for v in VARIABLES}
    return sorted(name for name in environ if name.startswith("CYCLORAMA_") and name not in known)


def masked(url: str) -> str:
    """The URL with any password replaced by ***; everything else as it was."""
    try:
        parts = urlsplit(url)
        if parts.password is None:
            return url
    except ValueError:
        return "***"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{host}"))


def _switch(text: str) -> bool:
    lowered = text.lower()
    if lowered in ("1", "on", "true", "yes"):
        return True
    if lowered in ("0", "off", "false", "no"):
        return False
    raise ValueError(f"must be on or off, not {text[:40]!r}")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ValueError(f"must be a port between 1 and 65535, not {text[:40]!r}")
    return int(text)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if not 0 < days <= 3650:
        raise ValueError(f"must be a number of days up to 3650, not {text[:40]!r}")
    return days


def _days_or_all(text: str) -> float:
    if text == "0":
        return 0.0
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 1 <= days <= 36_500:
        raise ValueError(f"must be a number of days from 1 to 36500, or 0 to keep everything, not {text[:40]!r}")
    return days


def _level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}, not {text[:40]!r}")
    return text.lower()


def _token(text: str) -> str:
    if len(text) < 16 or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be at least 16 printable ASCII characters without spaces")
    return text


def _scheme(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.partition("://")[0] not in schemes or "://" not in text:
            raise ValueError(f"must begin with {' or '.join(s + '://' for s in schemes)}")
        return text

    return read


def _database(text: str) -> str:
    """Refused here, where the variable's name is known and no driver repeats a password in its own error."""
    _scheme("sqlite", "postgresql", "postgres")(text)
    if text.startswith("sqlite:"):
        if not text.startswith("sqlite:///") or text in ("sqlite:///", "sqlite:///:memory:"):
            raise ValueError("must name a file: sqlite:////absolute/path.db")
        return text
    _address(text)
    if "@" in urlsplit(text).netloc.rpartition("@")[0]:
        raise ValueError("write an @ in a name or password as %40")
    return text


def _objects(text: str) -> str:
    _scheme("file", "s3")(text)
    parts = urlsplit(text)
    if parts.scheme == "file":
        if parts.netloc or not parts.path.strip("/"):
            raise ValueError("must name an absolute folder, with three slashes: file:///data/objects")
        return text
    options = dict(parse_qsl(parts.query))
    if not parts.netloc or options.keys() - {"endpoint", "region", "public"}:
        raise ValueError("must look like s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1")
    for name in options.keys() & {"endpoint", "public"}:
        _scheme("http", "https")(options[name])
        _address(options[name])
    return text


def _redis(text: str) -> str:
    _scheme("redis", "rediss", "unix")(text)
    if not text.startswith("unix:"):
        _address(text)
    return text


def _address(url: str) -> None:
    """Raise unless host and port can be read."""
    try:
        urlsplit(url).port  # noqa: B018 (reading it is the check)
    except ValueError:
        raise ValueError(
            "has a port that is no number; write @ : and / in a name or password as %40 %3A %2F"
        ) from None


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for origin in origins:
        _scheme("http", "https")(origin)
    return origins


def _device(text: str) -> str:
    if not re.fullmatch(r"cpu|cuda(:\d+)?", text):
        raise ValueError(f"must be cpu, cuda or cuda:N, not {text[:40]!r}")
    return text


def _threads(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 64:
        raise ValueError(f"must be a number from 1 to 64, not {text[:40]!r}")
    return int(text)


_READERS: dict[str, Callable[[str], object]] = {
    "data": Path,
    "client_dir": Path,
    "database_url": _database,
    "objects_url": _objects,
    "redis_url": _redis,
    "embedded_workers": _switch,
    "demo": _switch,
    "object_redirects": _switch,
    "port": _port,
    "device": _device,
    "render_threads": _threads,
    "public_url": lambda text: _scheme("http", "https")(text).rstrip("/"),
    "origins": _origins,
    "owner_token": _token,
    "session_days": _days,
    "history_days": _days_or_all,
    "log_level": _level,
}
