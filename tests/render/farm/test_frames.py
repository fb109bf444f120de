"""The wire between worker and render process."""

from __future__ import annotations

import asyncio
import io

import pytest

from render.frames import Frame, TornFrameError, encode_frame, read_frame, receive_frame

FRAMES = [Frame({"kind": "ready"}), Frame({"kind": "picture", "name": "Großglockner ⛰"}, (b"", b"x" * 300_000, b"\0"))]


def test_frames_survive_a_pipe() -> None:
    pipe = io.BytesIO(b"".join(encode_frame(frame) for frame in FRAMES))
    assert [read_frame(pipe), read_frame(pipe)] == FRAMES
    assert read_frame(pipe) is None


async def test_frames_survive_a_stream() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"".join(encode_frame(frame) for frame in FRAMES))
    reader.feed_eof()
    assert [await receive_frame(reader), await receive_frame(reader)] == FRAMES
    assert await receive_frame(reader) is None


@pytest.mark.parametrize("kept", [1, 7, 9, 20, 60, 200_000])
async def test_torn_frame_is_noticed(kept: int) -> None:
    data = encode_frame(FRAMES[1])[:kept]
    with pytest.raises(TornFrameError):
        read_frame(io.BytesIO(data))
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    with pytest.raises(TornFrameError):
        await receive_frame(reader)


@pytest.mark.parametrize("data", [b"\xff" * 64, b"hello, world, this is a library printing", b"\0\0\0\2\0\0\0\0[]"])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(TornFrameError):
        read_frame(io.BytesIO(data))
