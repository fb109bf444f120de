"""How a slot's value follows from the one before: the picture never goes blank."""

from __future__ import annotations

from collab import renders

OLD, NEW = "a" * 64, "b" * 64
IMAGE = "c" * 64
RESULT = {"image": IMAGE, "depth": "d" * 64, "thumbs": {"512": "e" * 64}, "width": 768.0, "height": 768}
DONE = renders.done(OLD, RESULT)


def test_queued_keeps_the_old_picture_and_names_the_wanted_one() -> None:
    value = renders.queued(DONE, NEW)

    assert (value["state"], value["digest"], value["wanted"], value["image"]) == ("queued", OLD, NEW, IMAGE)
    assert value["width"] == 768
    assert isinstance(value["width"], int)
    assert renders.awaits(value, NEW)
    assert not renders.is_current(value, OLD)


def test_queued_without_a_picture_names_no_image() -> None:
    assert renders.queued(None, NEW) == {"state": "queued", "digest": NEW, "wanted": NEW}
    assert renders.queued({"image": 5}, NEW) == {"state": "queued", "digest": NEW, "wanted": NEW}


def test_done_leaves_nothing_of_the_request_behind() -> None:
    assert set(DONE) == {*RESULT, "state", "digest"}
    assert renders.is_current(DONE, OLD)


def test_F6_failed_keeps_the_old_picture_and_says_why() -> None:
    value = renders.failed(renders.queued(DONE, NEW), NEW, "oom", "The picture does not fit into memory.")

    assert (value["state"], value["image"], value["digest"]) == ("failed", IMAGE, OLD)
    assert (value["error_kind"], value["error"]) == ("oom", "The picture does not fit into memory.")
    assert renders.failed_for(value, NEW) == "oom"
    assert renders.failed_for(value, OLD) is None
    assert "error" not in renders.queued(value, NEW)


def test_F3_canceled_goes_back_to_the_picture_before_or_to_nothing() -> None:
    value = renders.canceled(renders.queued(DONE, NEW), NEW)

    assert value is not None
    assert (value["state"], value["image"], value["digest"]) == ("done", IMAGE, OLD)
    assert renders.canceled(renders.queued(None, NEW), NEW) is None
    assert not renders.is_owed(value, NEW), "a room that opens does not ask again for what somebody stopped"


def test_healing_asks_for_the_missing_the_outdated_and_the_lost_but_not_for_what_cannot_be() -> None:
    lost = renders.failed(DONE, NEW, "worker_lost", "The worker was lost.")
    refused = renders.failed(DONE, NEW, "validation", "camera: inside the hill")

    assert renders.is_owed(None, NEW)
    assert renders.is_owed(DONE, NEW)
    assert renders.is_owed(renders.queued(DONE, NEW), NEW)
    assert renders.is_owed(lost, NEW)
    assert renders.is_owed({"state": 7}, NEW)
    assert not renders.is_owed(refused, NEW)
    assert not renders.is_owed(DONE, OLD)
