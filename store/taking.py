"""Of followed files: what is stored with their events, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import numpy as np

from domain.checkpoint import Checkpoint, Piece
from domain.rejection import Refused
from store.checkpoints import Claimed, claim, keep
from store.rejected import Keeping, add_rejected
from store.taken_records import TakenRecords


@dataclass(slots=True, eq=False)
class Taking:
    """
    Pieces of followed files, each a part of a load.

    Parameters
    ----------
    pieces : sequence of Piece
        Of different files.
    at : datetime
        When they are taken.
    newest : sequence of datetime or None
        Of the events of each piece.
    refused : sequence of Refused
        Of each piece; positions are those in its file.
    """

    pieces: Sequence[Piece]
    at: datetime
    newest: Sequence[datetime | None]
    refused: Sequence[Refused]
    kept: list[Checkpoint] = field(default_factory=list[Checkpoint], init=False)
    _claimed: list[Claimed] = field(default_factory=list[Claimed], init=False)

    def begin(self, connection: duckdb.DuckDBPyConnection) -> TakenRecords | None:
        """
        Claim the files; return what counts their records, None where a file is taken whole.

        Parameters
        ----------
        connection : DuckDBPyConnection
            In the write transaction of the load.

        Raises
        ------
        CheckpointMovedError
            If somebody else took of one of them.
        """
        self._claimed = claim(connection, self.pieces)
        if any(piece.whole for piece in self.pieces):
            return None
        ids = np.array([mine.id for mine in self._claimed], np.int64)
        return TakenRecords(connection, ids, [mine.known_from for mine in self._claimed], self.at)

    def end(self, connection: duckdb.DuckDBPyConnection, keeping: Keeping) -> None:
        """Keep how far the files are taken, and what of them could not be read."""
        for piece, refused in zip(self.pieces, self.refused, strict=True):
            if refused.rejections:
                add_rejected(connection, piece.after.path, [refused], self.at, keeping)
        self.kept = keep(connection, self._claimed, self.pieces, self.newest, self.at)
