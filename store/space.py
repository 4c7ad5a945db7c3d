"""How much of the file is free, and whether writing it anew would pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb

# Loads fill free blocks again, so that only much of them is worth a new file: with a retention of
# 90 days a ninetieth is free each day, and is filled by the next.
WORTH_SHARE: Final = 1 / 3
WORTH_BYTES: Final = 64 * 2**20
# The rest is copied at 80 to 110 MB per CPU second, and everybody waits: 10 s.
QUICK_BYTES: Final = 2**30
# in `meta` from an erasure until the file was written anew
ERASED: Final = "erased_bytes"

_SIZE: Final = """
    select block_size * total_blocks, block_size * free_blocks
    from pragma_database_size()
"""
_HOLDS_ERASED: Final = f"""
    select count(*) > 0
    from meta
    where name = '{ERASED}'
"""


@dataclass(frozen=True, slots=True)
class FileSpace:
    """
    What of the file holds nothing.

    Parameters
    ----------
    size_bytes, free_bytes : int
        As of the last checkpoint.
    holds_erased : bool
        Rows were erased, and their bytes may still be in the file.
    """

    size_bytes: int
    free_bytes: int
    holds_erased: bool

    @property
    def used_bytes(self) -> int:
        """What a new file would take."""
        return self.size_bytes - self.free_bytes

    @property
    def is_worth_it(self) -> bool:
        """Whether enough of it is free for a new file to pay, whenever that is."""
        return self.free_bytes >= max(WORTH_BYTES, WORTH_SHARE * self.size_bytes)

    @property
    def is_due(self) -> bool:
        """Whether the owner should write it anew by itself: it pays, or has to be, and is quick."""
        return (self.is_worth_it or self.holds_erased) and self.used_bytes <= QUICK_BYTES


def space(connection: duckdb.DuckDBPyConnection) -> FileSpace:
    """Return how much of the file is free."""
    size, free = connection.execute(_SIZE).fetchall()[0]
    holds = connection.execute(_HOLDS_ERASED).fetchall()[0][0]
    return FileSpace(int(size), int(free), bool(holds))
