"""Where the bytes live: three URLs, checked when they are read."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """What `open_stores` needs to know.

    Args:
        database_url: `sqlite:////absolute/path.db` or `postgresql://user:password@host:port/name`
            (`?sslmode=require` and the like as everywhere; without it, no TLS).
        objects_url: `file:///absolute/folder`, or `s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1`
            (keys come from AWS_* or the machine's role, by boto3's own chain; `public=` names the endpoint that
            browsers reach, where it differs).
        redis_url: `redis://host:port/0`; None keeps everything inside one process.
    """

    database_url: str
    objects_url: str
    redis_url: str | None = None

    def __post_init__(self) -> None:
        """Refuse a URL nothing here can open.

        Raises:
            ValueError: names the field, what was given and what would do. Passwords are not repeated.
        """
        _check("database_url", self.database_url, ("sqlite", "postgresql", "postgres"), "sqlite:////data/cyclorama.db")
        _check("objects_url", self.objects_url, ("file", "s3"), "file:///data/objects or s3://bucket")
        if self.redis_url is not None:
            _check("redis_url", self.redis_url, ("redis", "rediss", "unix"), "redis://localhost:6379/0")


def _check(field: str, url: str, schemes: tuple[str, ...], example: str) -> None:
    scheme = urlsplit(url).scheme
    if scheme not in schemes:
        raise ValueError(f"{field} starts with {scheme or 'no scheme'!r}; it must look like {example}")
