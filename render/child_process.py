"""The worker's end of a render process: start it, ask it for pictures, stop it, kill it, start it again.

One process serves one lane and renders one job at a time. It is started ahead of need (loading an engine takes
seconds) and again after every death.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any

from render.config import FarmConfig
from render.control import StopMode
from render.failures import ChildDiedError, RenderFailedError, read_failure, stuck
from render.frames import Frame
from render.spawned import Spawned, spawn
from render.spec import Lane

logger = logging.getLogger(__name__)


class StoppedError(Exception):
    """The render ended because it was asked to."""


class ChildProcess:
    """A warm render process. Not for use by two jobs at once.

    Args:
        lane: decides its niceness.
        config: engines, threads, grace and limits.
    """

    def __init__(self, lane: Lane, config: FarmConfig) -> None:
        self._lane = lane
        self._config = config
        self._child: Spawned | None = None
        self._is_ready = False
        self._starting = asyncio.Lock()
        self._killing: asyncio.TimerHandle | None = None
        self._job = ""
        self._has_shown = False
        self._stop_mode: StopMode | None = None
        self._rss_mb = 0
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """The process's id; None before the first start."""
        return self._child.pid if self._child else None

    async def ensure(self) -> None:
        """Have a process that is ready to render.

        Raises:
            ChildDiedError: it ended before it was ready, or was not ready in `child_start_s`.
        """
        async with self._starting:
            if self._child is not None and self._child.is_running and self._is_ready:
                return
            await self._end()
            if self._is_closed:
                raise ChildDiedError(None, "the worker is closing", started=False)
            await self._start()

    async def supply(self, job: str, name: str, blobs: tuple[bytes, ...]) -> None:
        """Hand over files that the job's rendering will want, one picture at a time.

        Args:
            job: its id. name: what the files are. blobs: the files.

        Raises:
            ChildDiedError: the process will not start.
        """
        await self.ensure()
        if self._child is not None:
            await self._child.send(Frame({"kind": "supply", "job": job, "name": name}, blobs))

    async def render(self, job: str, spec: dict[str, Any]) -> AsyncGenerator[Frame, None]:
        """Render one job.

        Args:
            job: its id.
            spec: `RenderSpec.to_json()`.

        Yields:
            `progress` and `picture` frames; the last one is a picture whose `final` is true.

        Raises:
            StoppedError: `stop` was called and it did.
            RenderFailedError: the engine reported a failure, or fell silent for `no_progress_s` (it is killed then).
            ChildDiedError: the process ended without an answer.
        """
        self._job, self._has_shown, self._stop_mode = job, False, None
        try:
            await self.ensure()
            if self._stop_mode == "cancel":
                raise StoppedError(job)
            self._say({"kind": "render", "job": job, "spec": spec, "lane": self._lane})
            if self._stop_mode is not None:
                self._tell_stop(self._stop_mode)
            while True:
                frame = await self._next_frame()
                if frame.header.get("job") != job:
                    continue
                if frame.kind == "stopped":
                    raise StoppedError(job)
                if frame.kind == "failed":
                    raise RenderFailedError(read_failure(frame.header.get("failure"), frame.header.get("sentence")))
                if frame.kind == "picture":
                    self._rss_mb = int(frame.header.get("rss_mb", 0))
                    self._has_shown = True
                    if self._stop_mode is not None:
                        self._kill_later()
                yield frame
                if frame.kind == "picture" and frame.header["final"]:
                    return
        except (ChildDiedError, RenderFailedError):
            if self._stop_mode is not None:
                raise StoppedError(job) from None
            raise
        finally:
            self._job = ""
            if self._killing is not None:
                self._killing.cancel()
                self._killing = None

    def stop(self, job: str, mode: StopMode) -> None:
        """Ask the running job to stop; a process that does not within `cancel_grace_s` is killed.

        A superseded preview that has shown nothing yet is first given time to show its small picture, so that a
        continuous drag always has something to look at.
        """
        if job != self._job or self._stop_mode == "cancel" or self._stop_mode == mode:
            return
        self._stop_mode = mode
        self._tell_stop(mode)

    def kill_now(self) -> None:
        """End the process at once; the running render ends with StoppedError."""
        self._stop_mode = "cancel"
        self._kill()

    async def refresh(self) -> None:
        """Be ready for the next job: start a process if there is none, replace one that has grown too large.

        Raises:
            ChildDiedError: none can be started.
        """
        if self._rss_mb > self._config.recycle_rss_mb:
            logger.info("child.recycled lane=%s pid=%s rss_mb=%d", self._lane, self.pid, self._rss_mb)
            await self._end()
        await self.ensure()

    async def close(self) -> None:
        """End the process, even one that is just starting; none is started again."""
        self._is_closed = True
        self._kill()
        async with self._starting:
            await self._end()

    def _tell_stop(self, mode: StopMode) -> None:
        if self._is_ready:
            self._say({"kind": "stop", "job": self._job, "mode": mode})
            if mode == "cancel" or self._has_shown:
                self._kill_later()

    def _kill_later(self) -> None:
        if self._killing is None:
            loop = asyncio.get_running_loop()
            self._killing = loop.call_later(self._config.cancel_grace_s, self._kill_unwilling)

    def _kill_unwilling(self) -> None:
        logger.warning("child.killed_after_grace lane=%s pid=%s job=%s", self._lane, self.pid, self._job)
        self._kill()

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    async def _end(self) -> None:
        self._is_ready = False
        self._rss_mb = 0
        if self._child is not None:
            await self._child.end()
            self._child = None

    async def _start(self) -> None:
        """Spawn a process and wait until its engine is loaded."""
        self._child = await spawn(self._lane, self._config)
        if self._is_closed:
            self._kill()
        try:
            async with asyncio.timeout(self._config.child_start_s):
                frame = await self._child.read()
        except TimeoutError:
            await self._end()
            raise ChildDiedError(None, f"not ready after {self._config.child_start_s:g} s", started=False) from None
        except ChildDiedError as error:
            raise ChildDiedError(error.returncode, error.last_words, started=False) from None
        self._is_ready = frame.kind == "ready"
        logger.info("child.ready lane=%s pid=%s", self._lane, self.pid)

    async def _next_frame(self) -> Frame:
        assert self._child is not None
        try:
            async with asyncio.timeout(self._config.no_progress_s):
                return await self._child.read()
        except TimeoutError:
            logger.error("child.stuck lane=%s pid=%s job=%s", self._lane, self.pid, self._job)
            await self._end()
            raise RenderFailedError(stuck(self._config.no_progress_s)) from None

    def _say(self, header: dict[str, Any]) -> None:
        if self._child is not None:
            self._child.write(Frame(header))
