"""The wire format: what goes in comes out, and what is malformed is refused quickly."""

from __future__ import annotations

import time

import pytest
from pycrdt import Array, Doc, Map, Text, create_sync_message, create_update_message, merge_updates

from collab import codec
from collab.codec import Kind, PresenceEntry
from collab.errors import ProtocolError
from collab.structs import extent_of


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**31, 2**53 - 1])
def test_R1_integers_survive_the_round_trip(value: int) -> None:
    assert codec.read_uint(codec.write_uint(value), 0) == (value, len(codec.write_uint(value)))


def test_R1_frames_are_those_of_y_protocols() -> None:
    doc = Doc()
    doc.get("t", type=Text).insert(0, "é山😀")

    step1 = codec.decode_frame(create_sync_message(doc))
    update = codec.decode_frame(create_update_message(doc.get_update()))

    assert (step1.kind, step1.body) == (Kind.SYNC_STEP1, doc.get_state())
    assert (update.kind, update.body) == (Kind.SYNC_UPDATE, doc.get_update())
    assert codec.sync_update(doc.get_update()) == create_update_message(doc.get_update())
    assert codec.sync_step1(doc.get_state()) == create_sync_message(doc)


def test_R1_presence_is_spliced_as_bytes_with_non_ascii_names() -> None:
    entries = [PresenceEntry(7, 3, '{"user":{"name":"Åsa 山"}}'.encode()), PresenceEntry(2**40, 1, b"null")]

    message = codec.decode_frame(codec.presence_frame(map(codec.presence_bytes, entries)))

    assert message.kind is Kind.AWARENESS
    assert codec.decode_presence(message.body, max_entries=2) == entries


@pytest.mark.parametrize(
    "frame",
    [
        b"", b"\x00", b"\x00\x03\x00", b"\x04", b"\x00\x02", b"\x00\x02\x05abc", b"\x00\x02\x01ab", b"\x01",
        b"\x01\x80", b"\x03\x00", b"\x78\x00", b"\x00\x02" + b"\xff" * 200, b"\x01" + b"\xff" * 200_000, b"\xff" * 9,
    ],
)  # fmt: skip
def test_R3_malformed_frames_are_refused_at_once(frame: bytes) -> None:
    began = time.perf_counter()

    with pytest.raises(ProtocolError):
        codec.decode_frame(frame)

    assert time.perf_counter() - began < 0.05


@pytest.mark.parametrize("body", [b"", b"\x01", b"\x01\x05\x05", b"\x01\x05\x05\x09{}", b"\x00\x00", b"\xff\xff\x03"])
def test_R3_malformed_presence_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        codec.decode_presence(body, max_entries=100)


def test_R4_extent_says_how_far_an_update_reaches() -> None:
    doc: Doc = Doc(client_id=9)
    updates: list[bytes] = []
    subscription = doc.observe(lambda event: updates.append(event.update))
    text, values = doc.get("t", type=Text), doc.get("m", type=Map)
    text += "a😀é"  # 1 + 2 + 1 UTF-16 units
    values["n"] = Map({"deep": Array([1, "two", None, True, 2.5, 2**50, {"k": [b"raw"]}])})
    text.format(0, 2, {"bold": True})
    del text[0:1]
    doc.unobserve(subscription)

    whole = extent_of(merge_updates(*updates))

    assert whole.first == {9: 0}
    assert doc.get_state() == codec.write_uint(1) + codec.write_uint(9) + codec.write_uint(whole.last[9])
    assert extent_of(updates[0]).last == {9: 4}
    assert extent_of(updates[-1]).deleted == {9: 1}
    assert whole.adds_nothing_to({9: whole.last[9]})
    assert extent_of(updates[1]).first == {9: 4}
    assert extent_of(updates[1]).waits_for_more_than({9: 4})


def test_R3_extent_refuses_what_is_no_update() -> None:
    cut, unknown, after = b"\x01\x01\x01\x00\x04\x01\x01t", b"\x01\x01\x01\x00\x1f\x00", b"\x00\x00\x00"
    for junk in (b"\x01", b"\x00\x01\x01", cut, unknown, after):
        with pytest.raises(ProtocolError):
            extent_of(junk)
