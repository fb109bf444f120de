"""The engine on another device than the CPU: everything is computed there, and only results are fetched."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from weakref import WeakValueDictionary

import numpy as np
import pytest
import torch

from render.device import checked_device
from render.engines.procedural import ProceduralEngine
from render.errors import EngineError
from render.spec import RenderSpec, parse_spec
from tests.helpers.pretend_device import NAME, PretendDevice, is_on_device

WAITS_PER_EDIT = 400


def forget_tables() -> None:
    """Tables that modules keep belong to the device they were made on."""
    for name, module in list(sys.modules.items()):
        if name.startswith("render."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
                elif isinstance(value, WeakValueDictionary):  # of places that another test's world still holds
                    value.clear()


@pytest.fixture(autouse=True)
def own_tables() -> Iterator[None]:
    forget_tables()
    yield
    forget_tables()


def spec(place: str, hour: float = 21.0) -> RenderSpec:
    return parse_spec({
        "scene": {"archetype": place, "seed": 1, "time_of_day": hour, "weather": "rain"},
        "camera": {"kind": "medium"}, "tier": "preview", "width_px": 96, "height_px": 54,
    })  # fmt: skip


@pytest.mark.parametrize("place", ["lake", "village", "church"])
def test_E1_a_world_is_built_and_shown_on_one_device(place: str) -> None:
    engine = ProceduralEngine(cache_bytes=400_000_000)
    device = PretendDevice()
    with device:
        there = engine.render(spec(place), lambda share, phase: None)
        device.fetched.clear()
        engine.render(spec(place, 22.0), lambda share, phase: None)
    assert sum(device.fetched.values()) < WAITS_PER_EDIT, device.fetched
    forget_tables()
    here = ProceduralEngine(cache_bytes=400_000_000).render(spec(place), lambda share, phase: None)
    np.testing.assert_array_equal(there.display, here.display)


def test_E1_what_the_second_device_would_refuse_is_refused() -> None:
    ours = torch.arange(3.0)
    with PretendDevice():
        there = torch.arange(3.0)
        assert is_on_device(there * 2 + 1)
        assert there.device.type == NAME
        assert not is_on_device(torch.arange(3.0, device="cpu"))
        assert not is_on_device(torch.from_numpy(np.zeros(3)))
        assert is_on_device(torch.as_tensor(np.zeros(3)))
        with pytest.raises(RuntimeError, match="two devices"):
            there + ours
        with pytest.raises(RuntimeError, match="two devices"):
            torch.stack([there, ours])
        with pytest.raises(RuntimeError, match="indexed"):
            ours[torch.tensor([0, 1])]
        with pytest.raises(TypeError, match="numpy"):
            there.numpy()
        with pytest.raises(RuntimeError, match="generator"):
            torch.rand(3, generator=torch.Generator(device="cpu"))
        assert not is_on_device(there.cpu())
        assert is_on_device(ours.to(there.device))


def test_E1_a_device_that_is_not_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*size: int, device: str) -> torch.Tensor:
        raise RuntimeError("no driver")

    monkeypatch.setattr(torch, "empty", missing)
    with pytest.raises(EngineError, match=r"'cuda:7'.*no driver.*CYCLORAMA_DEVICE=cpu"):
        checked_device("cuda:7")
    assert checked_device("cpu") == "cpu"
