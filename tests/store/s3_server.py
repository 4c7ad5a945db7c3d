"""A real server of S3's protocol on a free port, for tests."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator
from unittest import mock

from moto.server import ThreadedMotoServer
from pyarrow import fs

SECRETS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


@contextlib.contextmanager
def s3_bucket(name: str) -> Generator[str]:
    """Yield the address of an empty bucket; credentials are in the environment meanwhile."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        with mock.patch.dict(os.environ, SECRETS):
            maker = fs.S3FileSystem(
                endpoint_override=endpoint, region="us-east-1", allow_bucket_creation=True
            )
            maker.create_dir(name)
            yield f"s3://{name}?endpoint={endpoint}&region=us-east-1"
    finally:
        server.stop()
