"""One operating system process that speaks frames: started, read, written to, ended. It knows no meaning of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections import deque

from render.config import FarmConfig
from render.failures import ChildDiedError
from render.frames import Frame, TornFrameError, encode_frame, receive_frame
from render.spec import Lane

logger = logging.getLogger(__name__)

PIPE_BUFFER_BYTES = 4 << 20
LAST_WORDS_LINES = 20
DEATH_S = 5.0


class Spawned:
    """A running `python -m render.child`. Make it with `spawn`."""

    def __init__(self, process: asyncio.subprocess.Process, lane: Lane) -> None:
        self._process = process
        self._lane = lane
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS_LINES)
        self._listening = asyncio.create_task(self._listen(), name=f"child-stderr-{lane}")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    def write(self, frame: Frame) -> None:
        """Send a frame. One that can no longer arrive is dropped: the end is noticed by whoever reads."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(encode_frame(frame))

    async def send(self, frame: Frame) -> None:
        """Send a large frame, waiting until the pipe has taken most of it."""
        self.write(frame)
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            with contextlib.suppress(ConnectionError):
                await stdin.drain()

    async def read(self) -> Frame:
        """The next frame.

        Raises:
            ChildDiedError: there is none; the process has ended.
        """
        assert self._process.stdout is not None
        try:
            frame = await receive_frame(self._process.stdout)
        except TornFrameError as error:
            logger.warning("child.torn_frame lane=%s pid=%s: %s", self._lane, self.pid, error)
            frame = None
        if frame is not None:
            return frame
        self._close_stdin()  # it ends on that, if it has not already
        returncode: int | None = None
        try:
            async with asyncio.timeout(DEATH_S):
                returncode = await self._process.wait()
        except TimeoutError:
            # Our own kill must not read as the kernel's: the code stays None.
            await self.end()
        await self._listening
        raise ChildDiedError(returncode, "\n".join(self._last_words))

    def kill(self) -> None:
        """SIGKILL it, without waiting."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def end(self) -> None:
        """SIGKILL it and wait until it is gone."""
        self.kill()
        await self._process.wait()
        self._close_stdin()
        await self._listening

    def _close_stdin(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def _listen(self) -> None:
        """Keep the process's standard error flowing into our log."""
        assert self._process.stderr is not None
        while True:
            try:
                line = await self._process.stderr.readline()
            except ValueError:
                continue  # a line longer than the buffer; the stream has dropped it
            if not line:
                return
            text = line.decode(errors="replace").rstrip()
            self._last_words.append(text)
            logger.info("child.says lane=%s pid=%s: %s", self._lane, self.pid, text)


async def spawn(lane: Lane, config: FarmConfig) -> Spawned:
    """Start a render process; its first frame will be `ready`.

    Args:
        lane: the settled lane's process is niced.
        config: engines and threads.
    """
    command = [
        sys.executable, "-m", "render.child", "--lane", lane, "--parent", str(os.getpid()), "--engines",
        config.engines, "--threads", str(config.threads), "--device", config.device, "--nice",
        str(config.settled_nice if lane == "settled" else 0),
    ]
    # The child sees the modules we see, however this process was started.
    surroundings = os.environ | {
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
    }
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=surroundings, limit=PIPE_BUFFER_BYTES,
    )
    return Spawned(process, lane)
