"""Object stores when things go wrong: a full disk, a crash, an endpoint that does not answer."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import sys
import time
from pathlib import Path

import pytest

from store.errors import StorageFullError, UnavailableError
from store.objects.filesystem import FilesystemObjects
from store.opening import open_objects
from tests.helpers.services import free_port

PUT_FOR_EVER = """
import asyncio, os, sys
from pathlib import Path
from store.objects.filesystem import FilesystemObjects

async def main():
    objects = FilesystemObjects(Path(sys.argv[1]))
    while True:
        print((await objects.put(os.urandom(300_000))).id, flush=True)

asyncio.run(main())
"""


def incoming(folder: Path) -> list[Path]:
    return list((folder / "incoming").iterdir())


def kept_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "incoming"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
async def test_a_full_disk_is_said_to_be_full_and_leaves_no_scraps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    objects = FilesystemObjects(tmp_path)
    await objects.put(b"before")

    def full(_handle: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(StorageFullError, match="make space"):
            await objects.put(b"too much")

    assert incoming(tmp_path) == []
    assert await objects.head(hashlib.sha256(b"too much").hexdigest()) is None  # type: ignore[arg-type]  # plain text
    assert (await objects.put(b"too much")).size == 8
    await objects.close()


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    objects = FilesystemObjects(tmp_path / "file" / "objects")

    with pytest.raises(UnavailableError, match="cannot be used"):
        await objects.check()
    await objects.close()


async def test_kill_9_leaves_whole_objects_or_none(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PUT_FOR_EVER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(20):
        await process.stdout.readline()
    process.kill()
    await process.wait()

    kept = kept_files(tmp_path)

    assert len(kept) >= 20
    assert [path.name for path in kept] == [hashlib.sha256(path.read_bytes()).hexdigest() for path in kept]


async def test_what_crashed_writers_left_is_swept_after_an_hour(tmp_path: Path) -> None:
    objects = FilesystemObjects(tmp_path)
    await objects.check()
    old, new = tmp_path / "incoming" / "old", tmp_path / "incoming" / "new"
    for left in (old, new):
        left.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)

    await objects.check()

    assert incoming(tmp_path) == [new]
    await objects.close()


async def test_an_endpoint_that_does_not_answer_is_unavailable_with_a_mend(s3_endpoint: str) -> None:
    objects = open_objects(f"s3://bucket?endpoint=http://127.0.0.1:{free_port()}")

    with pytest.raises(UnavailableError, match="CYCLORAMA_OBJECTS_URL"):
        await objects.check()
    await objects.close()


async def test_a_bucket_that_vanished_is_named(s3_endpoint: str) -> None:
    objects = open_objects(f"s3://never-made?endpoint={s3_endpoint}")

    with pytest.raises(UnavailableError, match="never-made"):
        await objects.put(b"bytes")
    await objects.close()


@pytest.mark.parametrize("url", ["s3://", "s3://bucket?endpoit=http://x", "s3:///prefix"])
def test_a_url_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        open_objects(url)


async def test_browsers_get_urls_of_the_endpoint_they_reach(s3_endpoint: str) -> None:
    objects = open_objects(f"s3://bucket/pictures?endpoint={s3_endpoint}&public=https://pictures.example.org")
    await objects.check()
    info = await objects.put(b"bytes")

    url = await objects.url(info.id, expires_s=60)

    assert url is not None
    assert url.startswith(f"https://pictures.example.org/bucket/pictures/{info.id[:2]}/{info.id}?")
    assert "X-Amz-Signature=" in url
    await objects.close()
