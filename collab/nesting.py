"""How deep shared types lie in one another: a bound on it, without which one client could end the process.

yrs deletes a type with everything inside by recursion, and so does Yjs in browsers: some ten thousands of maps in one
another, built up over any number of small updates, overflow the stack when the outermost is deleted. That is no error
that can be caught, and the log would bring it back with every load. So the depth of every struct is known here, in runs
per client (a slider dragged for an hour is one run), and an update that nests too deep is refused before it is applied.

So is one that puts something into a number or a text. yrs takes that when the text is deleted already, and then fails
for everybody who hears of both at once: those who join later, and the next load.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collab.errors import ProtocolError
from collab.structs import IN, ROOT, Place

MAX_DEPTH = 64
"""Types in types, at most; the documents of this house need six."""
MAX_OPEN = 256
"""Structs whose parent has not arrived, at most; when it does they may lie that much deeper."""
_UNKNOWN = -1


class _Runs:
    """Depths of one client's structs: from `starts[i]` to the next start, or to `end`, lies `depths[i]`.

    A depth is doubled here, and odd for what others may lie in.
    """

    __slots__ = ("depths", "end", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.depths: list[int] = []
        self.end = 0

    def at(self, clock: int) -> int:
        """Depth of a struct, or _UNKNOWN."""
        if clock >= self.end:
            return _UNKNOWN
        return self.depths[bisect_right(self.starts, clock) - 1]

    def put(self, clock: int, size: int, depth: int, *, deepen: bool = False) -> None:
        """Take note of a struct. What is known of it already stands, unless it is to be deepened."""
        stop = clock + size
        if clock < self.end:
            self._fill(clock, min(stop, self.end), depth, deepen=deepen)
        elif clock > self.end:
            self._append(self.end, _UNKNOWN)
        if stop > self.end:
            self._append(max(clock, self.end), depth)
            self.end = stop

    def known(self) -> list[tuple[int, int, int]]:
        """Clock, length and depth of every run that is known."""
        ends = [*self.starts[1:], self.end]
        return [
            (start, end - start, depth)
            for start, end, depth in zip(self.starts, ends, self.depths, strict=True)
            if depth != _UNKNOWN
        ]

    def _append(self, clock: int, depth: int) -> None:
        if not self.depths or self.depths[-1] != depth:
            self.starts.append(clock)
            self.depths.append(depth)

    def _fill(self, clock: int, stop: int, depth: int, *, deepen: bool) -> None:
        while clock < stop:
            index = bisect_right(self.starts, clock) - 1
            start, old = self.starts[index], self.depths[index]
            after = self.starts[index + 1] if index + 1 < len(self.starts) else self.end
            upto = min(after, stop)
            if old in (_UNKNOWN, 0) or (deepen and old < depth):
                parts = [(start, old)] if clock > start else []
                parts.append((clock, depth))
                if upto < after:
                    parts.append((upto, old))
                self.starts[index : index + 1] = [part[0] for part in parts]
                self.depths[index : index + 1] = [part[1] for part in parts]
            clock = upto


@dataclass(slots=True)
class Plan:
    """What is to be noted once an update has been applied."""

    found: dict[int, _Runs]
    late: list[tuple[int, int, int, int]]
    open: list[Place]
    deepest: int
    """Of the update's own structs; those that waited for it may lie deeper."""
    is_misplaced: bool
    """Whether one of them lies in something that holds nothing."""


class Nesting:
    """The depths of one document's structs."""

    def __init__(self) -> None:
        self._runs: dict[int, _Runs] = {}
        self._open: list[Place] = []

    def admit(self, places: Sequence[Place], state: Callable[[], dict[int, int]]) -> Plan:
        """Look at an update's structs before it is applied; `keep` the answer afterwards.

        Args:
            places: where its structs lie.
            state: the document's state vector; asked for only when there is a doubt.

        Raises:
            ProtocolError: it nests too deep, hangs too much on what has not arrived, or says something else about a
                struct that still waits than was said before.
        """
        plan = self._plan(places)
        if plan.is_misplaced:
            raise ProtocolError("an update with something in what is no shared type")
        if plan.deepest // 2 > MAX_DEPTH:
            raise ProtocolError(f"an update with types nested more than {MAX_DEPTH} deep")
        if len(plan.open) > MAX_OPEN and len(plan.open) > len(self._open):
            raise ProtocolError("an update that builds on too much that has not arrived")
        for client, runs in plan.found.items():
            known = self._runs.get(client)
            if known is None or runs.starts[0 if runs.depths[0] != _UNKNOWN else 1] >= known.end:
                continue
            integrated = -1
            for clock, size, depth in runs.known():
                for start in (clock, clock + size - 1):
                    # What one copy still shows, another may hold as garbage, which lies nowhere (0): no contradiction.
                    if depth and known.at(start) not in (_UNKNOWN, 0, depth):
                        integrated = state().get(client, 0) if integrated < 0 else integrated
                        if start >= integrated:
                            raise ProtocolError("an update that contradicts one which still waits")
        return plan

    def note(self, places: Sequence[Place]) -> None:
        """Take the structs of an update that is applied whatever it says: of the log, or of another node."""
        self.keep(self._plan(places))

    def keep(self, plan: Plan) -> None:
        """The update has been applied."""
        for client, found in plan.found.items():
            runs = self._runs.get(client)
            if runs is None:
                self._runs[client] = found
            else:
                for clock, size, depth in found.known():
                    runs.put(clock, size, depth)
        for client, clock, size, depth in plan.late:
            self._runs.setdefault(client, _Runs()).put(clock, size, depth, deepen=True)
        self._open = plan.open

    def _plan(self, places: Sequence[Place]) -> Plan:
        found: dict[int, _Runs] = {}
        waiting: list[Place] = []
        deepest = 0
        is_misplaced = False
        for place in places:
            client, clock, size, on_client, on_clock, how = place
            if on_client == ROOT:
                depth = how & IN
            else:
                on = self._depth(found, on_client, on_clock)
                if on == _UNKNOWN:
                    waiting.append(place)
                    continue
                depth = (on >> 1) + (how & IN)
                is_misplaced |= bool(how & IN) and not on & 1
            depth = depth * 2 + (how >> 1)
            runs = found.get(client)
            if runs is None:
                runs = found[client] = _Runs()
            runs.put(clock, size, depth)
            if depth > deepest:
                deepest = depth
        if not waiting and not self._open:
            return Plan(found, [], [], deepest, is_misplaced)
        return self._resolved(found, waiting, deepest, is_misplaced)

    def _resolved(
        self, found: dict[int, _Runs], waiting: list[Place], deepest: int, is_misplaced: bool
    ) -> Plan:
        """Find depths for what waits, each from the moment that what it hangs on is known."""
        old = len(self._open)
        everything = [*self._open, *waiting]
        by_client: dict[int, list[tuple[int, int]]] = {}
        for index, place in enumerate(everything):
            by_client.setdefault(place[3], []).append((place[4], index))
        for hanging in by_client.values():
            hanging.sort()
        late: list[tuple[int, int, int, int]] = []
        is_open = [True] * len(everything)
        ready = [
            index
            for index, place in enumerate(everything)
            if self._depth(found, place[3], place[4]) != _UNKNOWN
        ]
        while ready:
            index = ready.pop()
            if not is_open[index]:
                continue
            client, clock, size, on_client, on_clock, how = everything[index]
            on = self._depth(found, on_client, on_clock)
            depth = ((on >> 1) + (how & IN)) * 2 + (how >> 1)
            is_open[index] = False
            found.setdefault(client, _Runs()).put(clock, size, depth, deepen=True)
            if index < old:
                late.append((client, clock, size, depth))
            else:
                deepest = max(deepest, depth)
                is_misplaced |= bool(how & IN) and not on & 1
            hanging = by_client.get(client, [])
            low, high = bisect_left(hanging, (clock, -1)), bisect_left(hanging, (clock + size, -1))
            ready.extend(other for _, other in hanging[low:high])
        still_open = [place for place, still in zip(everything, is_open, strict=True) if still]
        return Plan(found, late, still_open, deepest, is_misplaced)

    def _depth(self, found: dict[int, _Runs], client: int, clock: int) -> int:
        runs = self._runs.get(client)
        depth = runs.at(clock) if runs is not None else _UNKNOWN
        if depth == _UNKNOWN:
            runs = found.get(client)
            depth = runs.at(clock) if runs is not None else _UNKNOWN
        return depth
