"""Followed files as the store keeps them: pieces of them in, how far each is taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

import pyarrow as pa

from domain.checkpoint import Checkpoint, FollowedSource, FollowedState
from domain.errors import CheckpointMovedError
from store import append, checkpoints
from store.append import Bodies
from store.counted import Came, LoadCounts
from store.rejected_lines import RejectedLines
from store.taken_records import RecordsForgottenError, forget_records
from store.taking import Taking

# of such a record, the others that are the same are written within days
REMEMBERED: Final = timedelta(days=2)


class FollowedFiles(RejectedLines):
    """The part of a store that knows of files that are followed."""

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return how far every followed file is taken, those met first first."""
        with self._database.reading() as connection:
            return checkpoints.checkpoints(connection)

    def take(self, bodies: Bodies, taking: Taking, source: str) -> list[LoadCounts]:
        """
        Store pieces of followed files, and how far these are taken, in one transaction.

        Parameters
        ----------
        bodies : Bodies
            One for each piece.
        taking : Taking
            Says afterwards how far the files are taken.
        source : str
            Counted under this name.

        Returns
        -------
        list of LoadCounts
            What each piece newly stored.

        Raises
        ------
        CheckpointMovedError
            If somebody else took of one of the files, or one has to be read from its beginning;
            nothing was stored, and `checkpoints` tells where to go on.
        """
        try:
            return append.collect(self._database, bodies, source, taking)
        except RecordsForgottenError as error:
            self.start_again(error.checkpoints)
            raise CheckpointMovedError(
                f"files of {source} hold records without ids from long ago; they are read again "
                "from the beginning, so that each is counted once"
            ) from error

    def take_whole(
        self,
        batches: Iterable[tuple[str, pa.Table, pa.Table]],
        taking: Taking,
        source: str,
        came: Came,
    ) -> LoadCounts:
        """
        Store a followed file that is read whole, of any size; see `take` and `Store.load`.

        Raises
        ------
        CheckpointMovedError
            If somebody else took it.
        """
        own = ((self.own(model), events, features) for model, events, features in batches)
        return append.load_events(self._database, own, source, came, taking)

    def start_again(self, ids: Sequence[int]) -> None:
        """Let files be read from their beginning; events that are stored stay as they are."""
        with self._database.writing() as connection:
            known = {one.id for one in checkpoints.checkpoints(connection)}
            checkpoints.start_again(connection, [one for one in ids if one in known])

    def note_followed(self, state: FollowedState, gone: Sequence[int]) -> None:
        """
        Keep how a follower found its source, and forget files that have gone.

        Which records without ids were taken is forgotten after some days: a file that still brings
        records from before is then read again from its beginning.
        """
        with self._database.writing() as connection:
            checkpoints.note_followed(connection, state)
            if gone:
                checkpoints.forget(connection, gone)
            forget_records(connection, state.looked_at - REMEMBERED)

    def followed(self) -> tuple[FollowedSource, ...]:
        """Return the sources that are or were followed, by name."""
        with self._database.reading() as connection:
            return checkpoints.followed(connection)
