"""Objects in this process's memory: for tests, and for rendering straight to a folder."""

from __future__ import annotations

from store.errors import NotFoundError
from store.ids import ObjectId
from store.objects.base import ObjectInfo, object_id_of, require_object_id, sniff


class MemoryObjects:
    """An `ObjectStore` that forgets everything when the process ends."""

    def __init__(self) -> None:
        self._objects: dict[ObjectId, bytes] = {}

    async def put(self, data: bytes) -> ObjectInfo:
        """See `ObjectStore.put`."""
        object_id = object_id_of(data)
        self._objects[object_id] = bytes(data)
        return ObjectInfo(object_id, len(data), sniff(data))

    async def get(self, object_id: ObjectId, *, start: int = 0, end: int | None = None) -> bytes:
        """See `ObjectStore.get`."""
        require_object_id(object_id)
        if object_id not in self._objects:
            raise NotFoundError(f"there is no object {object_id}")
        return self._objects[object_id][start:end]

    async def head(self, object_id: ObjectId) -> ObjectInfo | None:
        """See `ObjectStore.head`."""
        data = self._objects.get(object_id)
        return None if data is None else ObjectInfo(object_id, len(data), sniff(data))

    async def delete(self, object_id: ObjectId) -> None:
        """See `ObjectStore.delete`."""
        self._objects.pop(object_id, None)

    async def url(self, object_id: ObjectId, *, expires_s: int) -> str | None:
        """See `ObjectStore.url`: none."""
        return None

    async def check(self) -> None:
        """See `ObjectStore.check`: always well."""

    async def close(self) -> None:
        """See `ObjectStore.close`."""
