"""What every object store promises."""

from __future__ import annotations

import asyncio
import hashlib
import urllib.request
from pathlib import Path

import pytest

from store.errors import NotFoundError
from store.ids import ObjectId
from store.objects.base import ObjectStore
from store.opening import open_objects

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
MISSING = ObjectId("0" * 64)


async def test_an_object_lies_under_the_sha256_of_its_bytes(objects: ObjectStore) -> None:
    info = await objects.put(PNG)

    assert info.id == hashlib.sha256(PNG).hexdigest()
    assert (info.size, info.media_type) == (len(PNG), "image/png")
    assert await objects.head(info.id) == info
    assert await objects.get(info.id) == PNG


async def test_putting_the_same_bytes_again_changes_nothing(objects: ObjectStore) -> None:
    first = await objects.put(PNG)

    again = await asyncio.gather(*(objects.put(PNG) for _ in range(8)))

    assert set(again) == {first}
    assert await objects.get(first.id) == PNG


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PNG, "image/png"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x76\x2f\x31\x01\x02\x00\x00\x00", "image/x-exr"),
        (b' {"a": 1}', "application/json"),
        (b"", "application/octet-stream"),
        (b"hello", "application/octet-stream"),
    ],
)
async def test_the_media_type_comes_from_the_first_bytes(objects: ObjectStore, data: bytes, media_type: str) -> None:
    info = await objects.put(data)

    found = await objects.head(info.id)

    assert info.media_type == media_type
    assert found == info
    assert await objects.get(info.id) == data


@pytest.mark.parametrize(("start", "end"), [(0, 8), (8, None), (5, 6), (2000, 9000), (0, 0), (9, 3), (99_999, None)])
async def test_a_part_of_an_object_is_what_a_slice_of_its_bytes_is(
    objects: ObjectStore, start: int, end: int | None
) -> None:
    info = await objects.put(PNG)

    assert await objects.get(info.id, start=start, end=end) == PNG[start:end]


@pytest.mark.parametrize("object_id", [MISSING, "../../etc/passwd", "", "ABC", "0" * 63])
async def test_what_is_not_there_is_said_to_be_missing(objects: ObjectStore, object_id: str) -> None:
    assert await objects.head(ObjectId(object_id)) is None
    with pytest.raises(NotFoundError):
        await objects.get(ObjectId(object_id))
    await objects.delete(ObjectId(object_id))


async def test_a_deleted_object_is_gone_and_can_be_put_again(objects: ObjectStore) -> None:
    info = await objects.put(PNG)

    await objects.delete(info.id)

    assert await objects.head(info.id) is None
    await objects.put(PNG)
    assert await objects.get(info.id) == PNG


async def test_a_url_when_there_is_one_lets_anybody_get_the_object(objects: ObjectStore) -> None:
    info = await objects.put(PNG)

    url = await objects.url(info.id, expires_s=60)

    if url is not None:
        def fetch() -> tuple[bytes, str | None]:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.read(), answer.headers["Content-Type"]

        assert await asyncio.to_thread(fetch) == (PNG, "image/png")


async def test_the_event_loop_turns_while_objects_are_written(objects: ObjectStore) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await asyncio.gather(*(objects.put(PNG + bytes([n])) for n in range(20)))
    counting.cancel()

    assert turns >= 1


async def test_objects_outlive_the_process_that_put_them(s3_url: str, tmp_path: Path) -> None:
    for url in (s3_url, f"file://{tmp_path}/objects"):
        first, second = open_objects(url), open_objects(url)
        await first.check()
        info = await first.put(PNG)
        await first.close()

        assert await second.get(info.id) == PNG
        await second.close()
