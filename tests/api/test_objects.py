"""Objects: immutable, cacheable, in ranges, never acting as a page of ours."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.api.conftest import Live, serving

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10
LARGE = b"\x76\x2f\x31\x01" + b"exr" * 1_000_000


@pytest.fixture
async def png(live: Live) -> str:
    return await live.keep(PNG)


async def test_an_object_is_whole_and_cached_for_good(owner: httpx.AsyncClient, png: str) -> None:
    answer = await owner.get(f"/api/objects/{png}")

    assert answer.content == PNG
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["etag"] == f'"{png}"'
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-length"] == str(len(PNG))
    assert "content-disposition" not in answer.headers
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-9", 0, 10), ("bytes=100-", 100, len(PNG)), ("bytes=-5", len(PNG) - 5, len(PNG)),
        ("bytes=10-999999", 10, len(PNG)), ("bytes=-999999", 0, len(PNG)), ("bytes=0-0", 0, 1),
    ],
)
async def test_a_range_is_answered_with_206(
    owner: httpx.AsyncClient, png: str, asked: str, start: int, end: int
) -> None:
    answer = await owner.get(f"/api/objects/{png}", headers={"range": asked})

    assert answer.status_code == 206
    assert answer.content == PNG[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(PNG)}"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=2-1", "lines=1-2", "bytes=0-1,5-6", "bytes=", "bytes=-", "nonsense",
        pytest.param("bytes=0-" + "9" * 5000, id="digits"),
    ],
)
async def test_what_is_no_single_range_gets_the_whole(owner: httpx.AsyncClient, png: str, asked: str) -> None:
    answer = await owner.get(f"/api/objects/{png}", headers={"range": asked})

    assert (answer.status_code, answer.content) == (200, PNG)


@pytest.mark.parametrize("asked", [f"bytes={len(PNG)}-", "bytes=999999-9999999", "bytes=-0"])
async def test_a_range_outside_is_416_with_the_size(owner: httpx.AsyncClient, png: str, asked: str) -> None:
    answer = await owner.get(f"/api/objects/{png}", headers={"range": asked})

    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(PNG)}"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_if_range_of_another_object_gets_the_whole(owner: httpx.AsyncClient, png: str) -> None:
    headers = {"range": "bytes=0-9", "if-range": '"something else"'}
    assert (await owner.get(f"/api/objects/{png}", headers=headers)).status_code == 200
    headers["if-range"] = f'"{png}"'
    assert (await owner.get(f"/api/objects/{png}", headers=headers)).status_code == 206


async def test_a_copy_that_is_held_is_not_sent_again(owner: httpx.AsyncClient, png: str) -> None:
    answer = await owner.get(f"/api/objects/{png}", headers={"if-none-match": f'"x", W/"{png}"'})

    assert (answer.status_code, answer.content) == (304, b"")


async def test_head_tells_without_sending(owner: httpx.AsyncClient, png: str) -> None:
    answer = await owner.head(f"/api/objects/{png}")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(PNG))


async def test_large_objects_come_in_pieces(live: Live, owner: httpx.AsyncClient) -> None:
    stored = await live.keep(LARGE)

    whole = await owner.get(f"/api/objects/{stored}")
    part = await owner.get(f"/api/objects/{stored}", headers={"range": "bytes=5-2500004"})

    assert whole.content == LARGE
    assert part.content == LARGE[5:2_500_005]
    assert whole.headers["content-type"] == "image/x-exr"


async def test_only_pictures_are_shown_everything_else_is_downloaded(live: Live, owner: httpx.AsyncClient) -> None:
    page = await live.keep(b"<html><script>alert(1)</script></html>")

    answer = await owner.get(f"/api/objects/{page}")

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_name_to_download_under_cannot_break_out_of_its_header(owner: httpx.AsyncClient, png: str) -> None:
    answer = await owner.get(f"/api/objects/{png}", params={"name": 'Tal "süd"\r\nX: y.png'})

    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Tal _s_d___X: y.png\"; filename*=UTF-8''Tal%20%22s%C3%BCd%22%0D%0AX%3A%20y.png"
    )
    assert "x" not in {name.lower() for name in answer.headers}


@pytest.mark.parametrize("name", ["0" * 64, "not-a-hash", "..%2f..%2fetc%2fpasswd", "A" * 64])
async def test_what_is_not_there_is_404(owner: httpx.AsyncClient, name: str) -> None:
    answer = await owner.get(f"/api/objects/{name}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_G1_an_object_is_for_the_members_of_its_projects(
    live: Live, owner: httpx.AsyncClient, project: str
) -> None:
    ours = (await live.house.stores.objects.put(PNG + b"ours")).id
    nobodys = (await live.house.stores.objects.put(PNG + b"nobody's")).id
    await live.house.stores.grants.give(project, [ours])  # type: ignore[arg-type]  # tests speak plain strings
    member = await live.person(project, "viewer", "mia@example.com")
    stranger = await live.person(None, email="sam@example.com")

    async with live.client(member) as mia, live.client(stranger) as sam, live.client(None) as anybody:
        assert (await mia.get(f"/api/objects/{ours}")).status_code == 200
        assert (await sam.get(f"/api/objects/{ours}")).status_code == 404
        assert (await sam.head(f"/api/objects/{ours}", headers={"if-none-match": "*"})).status_code == 404
        assert (await anybody.get(f"/api/objects/{ours}")).status_code == 401
        assert (await owner.get(f"/api/objects/{nobodys}")).status_code == 404

        people = (await owner.get(f"/api/projects/{project}/members")).json()["members"]
        mias_id = next(person["user"]["id"] for person in people if person["user"]["name"] == "Mia")
        (await owner.delete(f"/api/projects/{project}/members/{mias_id}")).raise_for_status()
        assert (await mia.get(f"/api/objects/{ours}")).status_code == 404


async def test_a_bucket_that_can_sign_may_answer_itself(tmp_path: Path, s3_url: str) -> None:
    async with serving(tmp_path, objects_url=s3_url, object_redirects=True) as live, live.client() as owner:
        stored = await live.keep(PNG)

        answer = await owner.get(f"/api/objects/{stored}")
        named = await owner.get(f"/api/objects/{stored}", params={"name": "valley.png"})
        async with httpx.AsyncClient(trust_env=False) as anybody:
            signed = await anybody.get(answer.headers["location"])

    assert answer.status_code == 307
    assert signed.content == PNG
    assert (named.status_code, named.content) == (200, PNG)


async def test_a_bucket_is_passed_through_by_default(tmp_path: Path, s3_url: str) -> None:
    async with serving(tmp_path, objects_url=s3_url) as live, live.client() as owner:
        stored = await live.keep(LARGE)

        part = await owner.get(f"/api/objects/{stored}", headers={"range": "bytes=3-1500000"})

    assert (part.status_code, part.content) == (206, LARGE[3:1_500_001])
