"""A second device that is none: tensors stay on the CPU, say they are on `cuda`, and what would fail there fails here.

Where there is no GPU, this shows that one would be used for everything: a tensor made on the CPU by oversight and mixed
with one of the device, or handed to numpy without being fetched, raises as CUDA would. It says nothing about speed or
about kernels that CUDA does not have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._device import _device_constructors

NAME = "cuda"
_MARK = "_is_on_pretended_device"
_DEVICE_OF = torch.Tensor.device.__get__  # type: ignore[attr-defined]  # a C getset descriptor
_FETCHES = frozenset(("item", "tolist", "__bool__", "__int__", "__float__", "__index__"))
_MAY_MIX = frozenset(("__getitem__", "__setitem__", "copy_", "index_put_", "__get__", "__set__"))


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _tensors(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _tensors(one)


def is_on_device(tensor: torch.Tensor) -> bool:
    """Whether a tensor pretends to be on the device."""
    return bool(getattr(tensor, _MARK, False))


class PretendDevice(TorchFunctionMode):
    """While entered: makes tensors on the device unless told otherwise, and refuses what CUDA refuses.

    `fetched` counts how often the program waited for the device, by function.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fetched: Counter[str] = Counter()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", str(func))
        if func == _DEVICE_OF:
            return torch.device(NAME if is_on_device(args[0]) else "cpu")
        if func in _device_constructors():
            return self._made(func, args, kwargs)
        if name in ("to", "cpu", "cuda"):
            return self._moved(func, name, args, kwargs)
        if name in ("numpy", "__array__") and is_on_device(args[0]) and not kwargs.get("force"):
            raise TypeError("a tensor on the device is handed to numpy; fetch it with numpy(force=True)")
        if name in _FETCHES and is_on_device(args[0]):
            self.fetched[name] += 1
        if name == "nonzero":
            self.fetched[name] += 1
        return self._computed(func, name, args, kwargs)

    def _made(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        wanted = kwargs.get("device")
        on = wanted is None or torch.device(wanted).type == NAME
        if on and (generator := kwargs.get("generator")) is not None and generator.device.type == "cpu":
            raise RuntimeError("a generator of the CPU cannot draw on the device")
        if wanted is not None:
            kwargs["device"] = "cpu"
        return _marked(func(*args, **kwargs), on)

    def _moved(self, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
        on = is_on_device(args[0])
        if name == "cpu":
            on = False
        rest = list(args[1:])
        for at, value in enumerate(rest):
            if isinstance(value, (torch.device, str)):
                on = torch.device(value).type == NAME
                rest[at] = "cpu"
            elif isinstance(value, torch.Tensor):
                on = is_on_device(value)
        if "device" in kwargs:
            on = torch.device(kwargs["device"]).type == NAME
            kwargs["device"] = "cpu"
        found = func(args[0], *rest, **kwargs)
        return _marked(found.view_as(found) if found is args[0] and on != is_on_device(found) else found, on)

    def _computed(self, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
        given = list(_tensors((args, kwargs)))
        on = [one for one in given if is_on_device(one)]
        off = [one for one in given if not is_on_device(one) and one.dim() > 0]
        if on and off and name not in _MAY_MIX:
            raise RuntimeError(f"{resolve_name(func) or name}: tensors of two devices meet; one was made on the CPU")
        if off and given and not is_on_device(given[0]) and on and name in ("__getitem__", "__setitem__"):
            raise RuntimeError(f"{name}: a tensor on the CPU is indexed with, or given, one of the device")
        found = func(*args, **kwargs)
        if on and name not in ("numpy",):
            for one in _tensors(found):
                _marked(one, True)
        return found


def _marked(found: Any, on: bool) -> Any:
    if isinstance(found, torch.Tensor):
        if on:
            setattr(found, _MARK, True)
        elif is_on_device(found):
            delattr(found, _MARK)
    return found
