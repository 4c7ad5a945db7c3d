"""What comes in, on a store that this process has opened: logs, labels, and what was neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from domain.checkpoint import Checkpoint, FollowedState, Piece
from domain.errors import UnknownNameError
from domain.label import LabelStanding
from domain.rejection import RejectedLine, RejectedTally
from domain.window import Window
from ingest.sources import SourceFile
from monitors.collect_logs import Collecting
from monitors.ingest_logs import IngestCounts, Options, ingest_events, ingest_labels
from monitors.retrying import RetryCounts, Retrying, retry_rejected
from monitors.taking import Taken, take
from monitors.taking_labels import take_labels
from store.store import Store

# of a moment: no hours are asked for
NO_TIME: Final = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, 1, tzinfo=UTC))


@dataclass
class LocalLogs:
    """
    The use cases that bring logs in.

    Parameters
    ----------
    store : Store
    """

    store: Store

    def ingest(self, sources: Sequence[SourceFile], options: Options) -> IngestCounts:
        """Load prediction logs; each source whole or not at all."""
        return ingest_events(self.store, sources, options)

    def labels(self, sources: Sequence[SourceFile], options: Options) -> IngestCounts:
        """Load labels that came by themselves."""
        return ingest_labels(self.store, sources, options)

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return how far every followed file is taken."""
        return self.store.checkpoints()

    def take(
        self, sources: Sequence[SourceFile], options: Options, pieces: Sequence[Piece]
    ) -> Taken:
        """
        Store pieces of followed files, or one whole file; see `monitors.taking.take`.

        Parameters
        ----------
        sources : sequence of SourceFile
            One: the bytes of all pieces, or the whole file.
        options : Options
        pieces : sequence of Piece
        """
        (source,) = sources
        if pieces[0].kind == "labels":
            return take_labels(self.store, source, options, pieces)
        return take(self.store, source, options, pieces)

    def note_followed(self, state: FollowedState, gone: Sequence[int]) -> None:
        """Keep how a follower found its source, and forget the files that have gone."""
        self.store.note_followed(state, gone)

    def label_standing(self, model: str | None = None) -> tuple[LabelStanding, ...]:
        """
        Return how far the labels of one model have come, or of every one that has any.

        Of a model whose logs are read where they lie nothing is counted.

        Raises
        ------
        UnknownNameError
            If there is no such model.
        """
        volumes = self.store.volumes(NO_TIME)
        if model is not None and model not in volumes:
            raise UnknownNameError.nearest("model", model, tuple(volumes))
        asked = [name for name, own in volumes.items() if own.labels] if model is None else [model]
        return tuple(
            self.store.label_standing(name) for name in asked if name not in self.store.elsewhere
        )

    def collecting(self) -> Collecting:
        """Return what stores the bodies of many senders, for the one thread that does."""
        return Collecting(self.store)

    def rejected(
        self, limit: int, source: str | None = None, reason: str | None = None
    ) -> list[RejectedLine]:
        """Return the newest lines that could not be read, of one source or for one reason."""
        return self.store.rejected(limit, source, reason)

    def rejected_counts(self) -> dict[str, int]:
        """Return how many lines could not be read, by reason."""
        return self.store.rejected_counts()

    def rejected_tallies(self) -> tuple[RejectedTally, ...]:
        """Return what could not be read of each source for each reason, and what became of it."""
        return self.store.rejected_tallies()

    def retry_rejected(self, wanted: Retrying) -> RetryCounts:
        """
        Read rejected lines again; what is read is stored, and rejected no more.

        Raises
        ------
        UsageError
            If the format is unknown.
        """
        return retry_rejected(self.store, wanted)
