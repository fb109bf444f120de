"""Objects in an S3 bucket, or in anything that speaks its API. boto3 blocks, so it works on a bounded pool.

A client's methods are made at run time from service files, so `Any` is all a type checker can know of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from store.errors import NotFoundError, StorageFullError, StoreError, UnavailableError
from store.ids import ObjectId, is_object_id
from store.objects.base import SNIFF_BYTES, ObjectInfo, object_id_of, require_object_id, sniff

T = TypeVar("T")
logger = logging.getLogger(__name__)

_MISSING = {"404", "NoSuchKey", "NotFound"}
_FULL = {"507", "QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "ServiceQuotaExceededException"}
_THREADS = 8


class S3Objects:
    """An `ObjectStore` in a bucket.

    Args:
        client: boto3 client that reads and writes.
        public: boto3 client whose endpoint browsers reach, for presigned URLs.
        bucket: its name.
        prefix: put before every key; "" or ending in "/".
        may_create: make the bucket when it is missing (own endpoints; on AWS that is the owner's business).
    """

    def __init__(self, client: Any, public: Any, bucket: str, prefix: str, *, may_create: bool) -> None:
        self._client = client
        self._public = public
        self._bucket = bucket
        self._prefix = prefix
        self._may_create = may_create
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="s3")

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
            await self._run(lambda: self._client.delete_object(Bucket=self._bucket, Key=self._key(object_id)))

    async def url(self, object_id: ObjectId, *, expires_s: int) -> str | None:
        """See `ObjectStore.url`."""
        require_object_id(object_id)
        target = {"Bucket": self._bucket, "Key": self._key(object_id)}
        return await self._run(
            lambda: self._public.generate_presigned_url("get_object", Params=target, ExpiresIn=expires_s)
        )

    async def check(self) -> None:
        """See `ObjectStore.check`; makes the bucket if it may."""
        await self._run(self._check)

    async def close(self) -> None:
        """See `ObjectStore.close`."""
        self._pool.shutdown(wait=False)
        self._client.close()
        self._public.close()

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except ClientError as error:
            raise self._meaning(error) from error
        except (BotoCoreError, OSError) as error:
            raise UnavailableError(
                f"the object store s3://{self._bucket} does not answer ({error}). Is it running, and are the endpoint "
                "in CYCLORAMA_OBJECTS_URL and the AWS_* keys right?"
            ) from error

    def _meaning(self, error: ClientError) -> StoreError:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _FULL:
            return StorageFullError(f"no room left in the bucket {self._bucket}: make space or raise its quota")
        if code == "NoSuchBucket":
            return UnavailableError(f"there is no bucket {self._bucket}: create it, or name another one")
        return UnavailableError(f"the object store s3://{self._bucket} refused: {error}")

    def _key(self, object_id: ObjectId) -> str:
        return f"{self._prefix}{object_id[:2]}/{object_id}"

    def _put(self, data: bytes) -> ObjectInfo:
        object_id = object_id_of(data)
        info = ObjectInfo(object_id, len(data), sniff(data[:SNIFF_BYTES]))
        there = self._head(object_id)
        if there is not None and there.size == len(data):
            return info
        self._client.put_object(
            Bucket=self._bucket, Key=self._key(object_id), Body=data, ContentType=info.media_type,
            CacheControl="public, max-age=31536000, immutable",
        )
        return info

    def _get(self, object_id: ObjectId, start: int, end: int | None) -> bytes:
        if end is not None and end <= start:
            return b""
        span = f"bytes={start}-" if end is None else f"bytes={start}-{end - 1}"
        try:
            if start == 0 and end is None:
                found = self._client.get_object(Bucket=self._bucket, Key=self._key(object_id))
            else:
                found = self._client.get_object(Bucket=self._bucket, Key=self._key(object_id), Range=span)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in ("InvalidRange", "416"):  # begins beyond the last byte
                return b""
            if code in _MISSING:
                raise NotFoundError(f"there is no object {object_id}") from error
            raise
        return bytes(found["Body"].read())

    def _head(self, object_id: ObjectId) -> ObjectInfo | None:
        try:
            found = self._client.head_object(Bucket=self._bucket, Key=self._key(object_id))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code", "") in _MISSING:
                return None
            raise
        return ObjectInfo(object_id, found["ContentLength"], found["ContentType"])

    def _check(self) -> None:
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code", "") not in (*_MISSING, "NoSuchBucket"):
                raise
            if not self._may_create:
                raise UnavailableError(
                    f"there is no bucket {self._bucket}: create it, or name another in CYCLORAMA_OBJECTS_URL"
                ) from error
            try:
                self._client.create_bucket(Bucket=self._bucket)
                logger.info("s3.bucket_created bucket=%s", self._bucket)
            except ClientError as made:
                if made.response.get("Error", {}).get("Code", "") not in (
                    "BucketAlreadyOwnedByYou", "BucketAlreadyExists",  # another process was first
                ):
                    raise


def open_s3(url: str) -> S3Objects:
    """The store that an `s3://bucket/prefix?endpoint=&region=&public=` URL names; asks nothing of it yet.

    Raises:
        ValueError: the URL names no bucket, or has an option that is not known.
    """
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    endpoint, region = options.pop("endpoint", None), options.pop("region", None)
    public = options.pop("public", endpoint)
    if not parts.netloc or options:
        raise ValueError(
            f"objects_url must look like s3://bucket/prefix?endpoint=…&region=…&public=…, not {url[:120]!r}"
        )
    prefix = parts.path.strip("/")
    client = _client(endpoint, region)
    return S3Objects(
        client,
        client if public == endpoint else _client(public, region),
        parts.netloc,
        f"{prefix}/" if prefix else "",
        may_create=endpoint is not None,
    )


def _client(endpoint: str | None, region: str | None) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region or ("us-east-1" if endpoint else None),
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint else "auto"},
            connect_timeout=3,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=_THREADS,
        ),
    )
