from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.spark import cluster


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a cluster of two workers with a core and 512 MB each."""
    lacking = cluster.lacking()
    if lacking is not None:
        pytest.skip(lacking)
    with cluster.running(tmp_path_factory.mktemp("cluster")) as address:
        yield address
