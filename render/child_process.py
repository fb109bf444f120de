"""The worker's end of a render process: start it, ask it for pictures, stop it, kill it, start it again.

One process serves one lane and renders one job at a time. It is started ahead of need (loading an engine takes
seconds) and again after every death.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any

from render.config import FarmConfig
from render.control import StopMode
from render.failures import ChildDiedError, RenderFailedError, read_failure, stuck
from render.frames import Frame, TornFrameError, encode_frame, receive_frame
from render.spec import Lane

logger = logging.getLogger(__name__)

PIPE_BUFFER_BYTES = 4 << 20
LAST_WORDS_LINES = 20
DEATH_S = 5.0


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
        self._process: asyncio.subprocess.Process | None = None
        self._is_ready = False
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS_LINES)
        self._listening: asyncio.Task[None] | None = None
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
        return self._process.pid if self._process else None

    async def ensure(self) -> None:
        """Have a process that is ready to render.

        Raises:
            ChildDiedError: it ended before it was ready, or was not ready in `child_start_s`.
        """
        async with self._starting:
            if self._process is not None and self._process.returncode is None and self._is_ready:
                return
            await self._kill()
            if self._is_closed:
                raise ChildDiedError(None, "the worker is closing", started=False)
            await self._spawn()

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
            self._write(Frame({"kind": "render", "job": job, "spec": spec, "lane": self._lane}))
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
        self._kill_nowait()

    async def refresh(self) -> None:
        """Be ready for the next job: start a process if there is none, replace one that has grown too large."""
        if self._rss_mb > self._config.recycle_rss_mb:
            logger.info("child.recycled lane=%s pid=%s rss_mb=%d", self._lane, self.pid, self._rss_mb)
            await self._kill()
        await self.ensure()

    async def close(self) -> None:
        """End the process, even one that is just starting; none is started again."""
        self._is_closed = True
        self._kill_nowait()
        async with self._starting:
            await self._kill()

    def _tell_stop(self, mode: StopMode) -> None:
        if self._is_ready:
            self._write(Frame({"kind": "stop", "job": self._job, "mode": mode}))
            if mode == "cancel" or self._has_shown:
                self._kill_later()

    def _kill_later(self) -> None:
        if self._killing is None:
            loop = asyncio.get_running_loop()
            self._killing = loop.call_later(self._config.cancel_grace_s, self._kill_unwilling)

    def _kill_unwilling(self) -> None:
        logger.warning("child.killed_after_grace lane=%s pid=%s job=%s", self._lane, self.pid, self._job)
        self._kill_nowait()

    def _kill_nowait(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _kill(self) -> None:
        self._is_ready = False
        self._rss_mb = 0
        if self._process is None:
            return
        self._kill_nowait()
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._listening is not None:
            await self._listening
        self._process = None

    async def _spawn(self) -> None:
        config = self._config
        command = [
            sys.executable, "-m", "render.child", "--lane", self._lane, "--parent", str(os.getpid()), "--engines",
            config.engines, "--threads", str(config.torch_threads), "--nice",
            str(config.settled_nice if self._lane == "settled" else 0),
        ]
        # The child sees the modules we see, however this process was started.
        surroundings = os.environ | {
            "OMP_NUM_THREADS": str(config.torch_threads),
            "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
            "PYTHONUNBUFFERED": "1",
        }
        self._last_words.clear()
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=surroundings, limit=PIPE_BUFFER_BYTES,
        )
        if self._is_closed:
            self._kill_nowait()
        self._listening = asyncio.create_task(self._listen(self._process), name=f"child-stderr-{self._lane}")
        try:
            async with asyncio.timeout(config.child_start_s):
                frame = await self._read()
        except TimeoutError:
            await self._kill()
            raise ChildDiedError(None, f"not ready after {config.child_start_s:g} s", started=False) from None
        except ChildDiedError as error:
            raise ChildDiedError(error.returncode, error.last_words, started=False) from None
        self._is_ready = frame.kind == "ready"
        logger.info("child.ready lane=%s pid=%s", self._lane, self.pid)

    async def _next_frame(self) -> Frame:
        try:
            async with asyncio.timeout(self._config.no_progress_s):
                return await self._read()
        except TimeoutError:
            logger.error("child.stuck lane=%s pid=%s job=%s", self._lane, self.pid, self._job)
            await self._kill()
            raise RenderFailedError(stuck(self._config.no_progress_s)) from None

    async def _read(self) -> Frame:
        """The next frame; ChildDiedError at the pipe's end."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        try:
            frame = await receive_frame(process.stdout)
        except TornFrameError as error:
            logger.warning("child.torn_frame lane=%s pid=%s: %s", self._lane, self.pid, error)
            frame = None
        if frame is not None:
            return frame
        self._is_ready = False
        if process.stdin is not None:
            process.stdin.close()  # it ends on that, if it has not already
        returncode: int | None = None
        try:
            async with asyncio.timeout(DEATH_S):
                returncode = await process.wait()
        except TimeoutError:
            # Our own kill must not read as the kernel's: the code stays None.
            self._kill_nowait()
            await process.wait()
        if self._listening is not None:
            await self._listening
        raise ChildDiedError(returncode, "\n".join(self._last_words))

    def _write(self, frame: Frame) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return  # its end is noticed by whoever reads
        process.stdin.write(encode_frame(frame))

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Keep the process's standard error flowing into our log."""
        assert process.stderr is not None
        while True:
            try:
                line = await process.stderr.readline()
            except ValueError:
                continue  # a line longer than the buffer; the stream has dropped it
            if not line:
                return
            text = line.decode(errors="replace").rstrip()
            self._last_words.append(text)
            logger.info("child.says lane=%s pid=%s: %s", self._lane, process.pid, text)
