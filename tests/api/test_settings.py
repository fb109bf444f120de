"""Settings: one table, read in one place, checked once, secrets kept out of sight."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.settings import REPOSITORY, VARIABLES, Settings, SettingsError, masked, stray_variables


def test_only_settings_reads_the_environment() -> None:
    # Handing the whole environment on to a child process, or setting a library's variable, is no reading.
    reads = re.compile(r"os\.environ(\[|\.get\b|\.items\b)|os\.getenv|import environ\b|os\.environ if ")
    readers = [
        str(path.relative_to(REPOSITORY))
        for room in ("store", "render", "collab", "api")
        for path in (REPOSITORY / room).rglob("*.py")
        if reads.search(path.read_text())
    ]

    assert readers == ["api/settings.py"]


def test_every_variable_fills_a_field_and_says_a_sentence() -> None:
    fields = set(Settings.__dataclass_fields__)

    assert {v.field for v in VARIABLES} == fields
    assert all(v.name.startswith("CYCLORAMA_") and len(v.doc) > 20 for v in VARIABLES)


def test_nothing_set_is_one_process_over_files(tmp_path: Path) -> None:
    settings = Settings.read({"CYCLORAMA_DATA": str(tmp_path)})

    assert settings.database_url == f"sqlite:///{tmp_path}/cyclorama.db"
    assert settings.objects_url == f"file://{tmp_path}/objects"
    assert settings.redis_url is None
    assert settings.embedded_workers
    assert settings.public_url == "http://127.0.0.1:8700"


def test_redis_turns_embedded_workers_off_unless_asked_for() -> None:
    redis = {"CYCLORAMA_REDIS_URL": "redis://127.0.0.1:6379/0"}

    assert not Settings.read(redis).embedded_workers
    assert Settings.read(redis | {"CYCLORAMA_EMBEDDED_WORKERS": "on"}).embedded_workers


def test_flags_win_over_the_environment() -> None:
    settings = Settings.read({"CYCLORAMA_PORT": "1111", "CYCLORAMA_HOST": "::1"}, port=2222, host=None)

    assert (settings.port, settings.host) == (2222, "::1")
    assert settings.public_url == "http://[::1]:2222"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CYCLORAMA_PORT", "eighty", "port between"),
        ("CYCLORAMA_DEVICE", "gpu", "cuda:N"),
        ("CYCLORAMA_RENDER_THREADS", "0", "from 1 to 64"),
        ("CYCLORAMA_RENDER_THREADS", "two", "from 1 to 64"),
        ("CYCLORAMA_DEMO", "perhaps", "on or off"),
        ("CYCLORAMA_DATABASE_URL", "mysql://x:secret@y/z", "sqlite:// or postgresql://"),
        ("CYCLORAMA_DATABASE_URL", "postgresql://ana:secret@host:port/z", "port that is no number"),
        ("CYCLORAMA_DATABASE_URL", "postgresql://ana:se@secret@host:5432/z", "%40"),
        ("CYCLORAMA_DATABASE_URL", "postgresql://ana:se/secret@host:5432/z", "%2F"),
        ("CYCLORAMA_DATABASE_URL", "sqlite://", "sqlite:////absolute/path.db"),
        ("CYCLORAMA_OBJECTS_URL", "s3://", "s3://bucket"),
        ("CYCLORAMA_OBJECTS_URL", "s3://bucket?endpoint=minio:9000", "http://"),
        ("CYCLORAMA_OBJECTS_URL", "s3://bucket?colour=red", "s3://bucket/prefix"),
        ("CYCLORAMA_OBJECTS_URL", "file://data/objects", "three slashes"),
        ("CYCLORAMA_REDIS_URL", "redis://:secret@host:abc/0", "port that is no number"),
        ("CYCLORAMA_OWNER_TOKEN", "short", "at least 16"),
        ("CYCLORAMA_LOG_LEVEL", "loud", "debug, info"),
        ("CYCLORAMA_SESSION_DAYS", "nan", "number of days"),
        ("CYCLORAMA_ORIGINS", "localhost:5173", "http:// or https://"),
    ],
)
def test_a_bad_value_names_its_variable_and_the_mend(name: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.read({name: value})

    assert name in str(caught.value)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_secrets_are_never_shown() -> None:
    settings = Settings.read({
        "CYCLORAMA_DATABASE_URL": "postgresql://ana:hidden@db:5432/cyclorama",
        "CYCLORAMA_REDIS_URL": "redis://:hidden@redis:6379/0",
        "CYCLORAMA_OWNER_TOKEN": "hidden-owner-token",
    })

    assert "hidden" not in repr(settings)
    assert "hidden" not in str(settings.shown())
    assert settings.shown()["CYCLORAMA_DATABASE_URL"] == "postgresql://ana:***@db:5432/cyclorama"


def test_masking_leaves_urls_without_password_alone() -> None:
    assert masked("sqlite:////var/lib/x.db") == "sqlite:////var/lib/x.db"
    assert masked("redis://:pw@[::1]:6379/0") == "redis://:***@[::1]:6379/0"


def test_misspelt_variables_are_noticed() -> None:
    assert stray_variables({"CYCLORAMA_PROT": "1", "CYCLORAMA_PORT": "1", "PATH": "x"}) == ["CYCLORAMA_PROT"]
