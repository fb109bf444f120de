"""Objects as files: `<folder>/ab/cd/abcd…`, written beside their place, synced, then renamed into it.

A crash leaves at most a file in `incoming/`, never half an object under its name.
"""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from store.errors import NotFoundError, StorageFullError, UnavailableError
from store.ids import ObjectId, is_object_id
from store.objects.base import SNIFF_BYTES, ObjectInfo, object_id_of, require_object_id, sniff

T = TypeVar("T")

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ABANDONED_AFTER_S = 3600.0


class FilesystemObjects:
    """An `ObjectStore` in a folder.

    Args:
        folder: absolute path; made when missing.
        threads: how many files are worked on at once.
    """

    def __init__(self, folder: Path, threads: int = 4) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="objects")

    async def put(self, data: bytes) -> ObjectInfo:
        """See `ObjectStore.put`."""
        return await self._run(lambda: self._put(data))

    async def get(self, object_id: ObjectId, *, start: int = 0, end: int | None = None) -> bytes:
        """See `ObjectStore.get`."""
        require_object_id(object_id)
        return await self._run(lambda: self._get(object_id, start, end))

    async def head(self, object_id: ObjectId) -> ObjectInfo | None:
        """See `ObjectStore.head`."""
        return await self._run(lambda: self._head(object_id)) if is_object_id(object_id) else None

    async def delete(self, object_id: ObjectId) -> None:
        """See `ObjectStore.delete`."""
        if is_object_id(object_id):
            await self._run(lambda: self._path(object_id).unlink(missing_ok=True))

    async def url(self, object_id: ObjectId, *, expires_s: int) -> str | None:
        """See `ObjectStore.url`: files have none."""
        return None

    async def check(self) -> None:
        """See `ObjectStore.check`; also sweeps up what crashed writers left in `incoming/`."""
        await self._run(self._check)

    async def close(self) -> None:
        """See `ObjectStore.close`."""
        self._pool.shutdown(wait=False)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except FileNotFoundError as error:
            raise UnavailableError(f"the objects folder {self._folder} is gone: {error}") from error
        except OSError as error:
            if error.errno in _FULL:
                raise StorageFullError(f"no room left in the objects folder {self._folder}: make space") from error
            raise UnavailableError(f"the objects folder {self._folder} cannot be used: {error}") from error

    def _path(self, object_id: ObjectId) -> Path:
        return self._folder / object_id[:2] / object_id[2:4] / object_id

    def _put(self, data: bytes) -> ObjectInfo:
        object_id = object_id_of(data)
        info = ObjectInfo(object_id, len(data), sniff(data[:SNIFF_BYTES]))
        place = self._path(object_id)
        try:
            if place.stat().st_size == len(data):
                return info
        except FileNotFoundError:
            pass
        self._incoming.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._incoming)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(name, place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        # The rename is durable only when the folders that lead to it are.
        for folder in (place.parent, place.parent.parent, self._folder):
            _sync_folder(folder)
        return info

    def _get(self, object_id: ObjectId, start: int, end: int | None) -> bytes:
        try:
            with self._path(object_id).open("rb") as file:
                file.seek(start)
                return file.read() if end is None else file.read(max(0, end - start))
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no object {object_id}") from error

    def _head(self, object_id: ObjectId) -> ObjectInfo | None:
        try:
            with self._path(object_id).open("rb") as file:
                return ObjectInfo(object_id, os.fstat(file.fileno()).st_size, sniff(file.read(SNIFF_BYTES)))
        except FileNotFoundError:
            return None

    def _check(self) -> None:
        self._incoming.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self._incoming) as file:
            file.write(b"cyclorama")
            file.flush()
        abandoned = time.time() - _ABANDONED_AFTER_S
        for left in self._incoming.iterdir():
            try:
                if left.stat().st_mtime < abandoned:
                    left.unlink()
            except FileNotFoundError:
                continue  # another process swept it first


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
