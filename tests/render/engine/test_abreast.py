"""Parts of one picture on several threads: the same pixels with any number of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from render import abreast as threads
from render.abreast import abreast, both, spans, use_hands
from render.engines.procedural import ProceduralEngine
from tests.render.engine.scenes import quiet, spec


@pytest.fixture(autouse=True)
def _one_hand_afterwards() -> Iterator[None]:
    yield
    use_hands(1)


@pytest.mark.parametrize("hands", [1, 2, 4])
def test_parts_answer_in_their_order_and_the_first_on_the_calling_thread(hands: int) -> None:
    use_hands(hands)

    found = abreast(*(lambda k=k: (k, threading.get_ident()) for k in range(9)))

    assert [number for number, _ in found] == list(range(9))
    assert found[0][1] == threading.get_ident()


def test_two_parts_run_at_once_and_know_what_the_caller_knows() -> None:
    use_hands(2)
    together = threading.Barrier(2, timeout=20)

    def part() -> bool:
        together.wait()  # breaks unless the other part runs too
        return torch.is_inference_mode_enabled()

    with torch.inference_mode():
        assert both(part, part) == (True, True)
    assert both(part, part) == (False, False)


def test_parts_may_part_their_own_work_again() -> None:
    use_hands(2)

    def inner(k: int) -> int:
        return sum(abreast(*(lambda j=j: 10 * k + j for j in range(4))))

    assert abreast(*(lambda k=k: inner(k) for k in range(6))) == [sum(10 * k + j for j in range(4)) for k in range(6)]


@pytest.mark.parametrize("hands", [1, 3])
def test_the_first_error_in_order_is_raised_and_the_next_work_is_whole(hands: int) -> None:
    use_hands(hands)

    def fail(name: str) -> int:
        raise KeyError(name)

    with pytest.raises(KeyError, match="zero"):
        abreast(lambda: fail("zero"), lambda: fail("one"), lambda: 2)
    assert abreast(lambda: 1, lambda: 2) == [1, 2]


def test_few_samples_are_left_to_the_calling_thread() -> None:
    use_hands(2)

    found = abreast(threading.get_ident, threading.get_ident, threading.get_ident, samples=1000)

    assert set(found) == {threading.get_ident()}
    assert spans(1000) == [slice(0, 1000)]
    assert spans(1 << 18) == [slice(0, 1 << 17), slice(1 << 17, 1 << 18)]


def test_no_hand_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one thread"):
        use_hands(0)


@pytest.mark.parametrize("archetype", ["coast", "ruins", "city", "living_room"])
def test_E1_same_pixels_with_any_number_of_threads(archetype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_LEAST", 1 << 10)  # so that a small picture is parted like a large one
    wanted = spec(archetype=archetype, weather="rain", size=(96, 54), tier="low")
    pictures = []
    for hands in (1, 3):
        use_hands(hands)
        pictures.append(ProceduralEngine(cache_bytes=1).render(wanted, quiet))

    assert np.array_equal(pictures[0].linear, pictures[1].linear)
    assert np.array_equal(pictures[0].depth_m, pictures[1].depth_m)
    assert all(np.array_equal(plane, pictures[1].aux[name]) for name, plane in pictures[0].aux.items())


@pytest.mark.parametrize("archetype", ["alpine", "lake", "ruins", "downtown", "office"])
def test_E1_parted_work_shows_what_the_whole_would(archetype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = spec(archetype=archetype, weather="clear", season=0.3, size=(96, 54), tier="low")
    pictures = []
    for least in (1 << 60, 1 << 10):
        monkeypatch.setattr(threads, "_LEAST", least)
        pictures.append(ProceduralEngine(cache_bytes=1).render(wanted, quiet))

    assert np.array_equal(pictures[0].depth_m, pictures[1].depth_m)
    assert np.abs(pictures[0].display.astype(int) - pictures[1].display).max() <= 1
