"""Folders of files, on this machine or in S3, named by one text."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from pyarrow import fs

from domain.errors import ConfigurationError, StoreError

S3: Final = "s3"
# what the query of an address may say: the name, and how pyarrow calls it
_OPTIONS: Final = {"endpoint": "endpoint_override", "region": "region"}
# a store must not stand still because a far machine does
_CONNECT_S: Final = 5.0
_REQUEST_S: Final = 30.0
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    """
    A folder that holds files.

    Parameters
    ----------
    url : str
        As it was written, never with credentials; of a folder its absolute path.
    filesystem : FileSystem
    root : str
        The folder, as `filesystem` names it.
    """

    url: str
    filesystem: fs.FileSystem
    root: str

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return isinstance(self.filesystem, fs.LocalFileSystem)

    def path(self, *parts: str) -> str:
        """Return a file in it as `filesystem` names it."""
        return str(PurePosixPath(self.root, *parts))

    @contextlib.contextmanager
    def reached(self, doing: str) -> Generator[None]:
        """
        Say what the file system says inside as an error that names the place.

        Parameters
        ----------
        doing : str
            What cannot be done, for example ``"read"``.

        Raises
        ------
        StoreError
        """
        try:
            yield
        except FileNotFoundError as error:
            raise StoreError(f"{self.url} cannot be {doing}: {_said(error)}") from error
        except OSError as error:
            raise StoreError(
                f"{self.url} cannot be {doing}: {_said(error)}; {self._advice()}"
            ) from error

    def _advice(self) -> str:
        if self.is_local:
            return "check that the folder is there, is yours to write and has room"
        return (
            "check the network, the bucket, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the "
            "role of this machine), and the endpoint (?endpoint=URL or AWS_ENDPOINT_URL)"
        )


def place_of(url: str) -> Place:
    """
    Return the folder that a text names; nothing is asked of it yet.

    Parameters
    ----------
    url : str
        A folder, the same as a URL of the scheme ``file``, or
        ``s3://bucket/prefix?endpoint=http://host:9000&region=eu-central-1``. Without an endpoint
        ``AWS_ENDPOINT_URL`` counts, else Amazon's. Credentials come from the environment alone, as
        every client of AWS reads them.

    Raises
    ------
    ConfigurationError
        If it names no such folder, or holds credentials.

    Examples
    --------
    >>> place_of("s3://logs/model?endpoint=http://127.0.0.1:9000&region=eu-central-1").root
    'logs/model'
    """
    if "://" not in url:
        return _local(url)
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return _local(parts.path)
    if parts.scheme != S3:
        raise ConfigurationError(f"{url} is neither a folder nor s3://BUCKET/PREFIX; write one")
    return _s3(url)


def _local(folder: str) -> Place:
    root = str(Path(folder).expanduser().absolute())
    # wherever the next process that reads this name stands
    return Place(root, fs.LocalFileSystem(), root)


def _s3(url: str) -> Place:
    parts = urlsplit(url)
    if "@" in parts.netloc:
        bare = url.replace(parts.netloc.rpartition("@")[0] + "@", "")
        raise ConfigurationError(
            f"{bare} is written with credentials; leave them out and set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY"
        )
    if not parts.netloc:
        raise ConfigurationError(f"{url} names no bucket; write s3://BUCKET/PREFIX")
    told = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(told.keys() - _OPTIONS.keys())
    if unknown:
        raise ConfigurationError(
            f"{url.partition('?')[0]} is given {', '.join(unknown)}; only "
            f"{' and '.join(_OPTIONS)} can be"
        )
    key = parts.path.strip("/")
    root = f"{parts.netloc}/{key}" if key else parts.netloc
    return Place(url, _s3_filesystem(parts.netloc, told.get("endpoint"), told.get("region")), root)


@functools.lru_cache(maxsize=16)
def _s3_filesystem(bucket: str, endpoint: str | None, region: str | None) -> fs.FileSystem:
    if endpoint is None:
        # the one way in which pyarrow asks AWS_ENDPOINT_URL, and a bucket for its region
        query = "" if region is None else f"?region={region}"
        return fs.FileSystem.from_uri(f"s3://{bucket}{query}")[0]
    # paths, not host names, name the bucket: every server of S3's own kind understands that
    return fs.S3FileSystem(
        endpoint_override=endpoint,
        region=region,
        connect_timeout=_CONNECT_S,
        request_timeout=_REQUEST_S,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    )


def _said(error: OSError) -> str:
    return " ".join((error.strerror or str(error)).split())
