"""What comes in, on a store that this process has opened: logs, labels, and what was neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.rejection import RejectedLine
from ingest.sources import SourceFile
from monitors.collect_logs import Collecting
from monitors.ingest_logs import IngestCounts, Options, ingest_events, ingest_labels
from store.store import Store


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

    def collecting(self) -> Collecting:
        """Return what stores the bodies of many senders, for the one thread that does."""
        return Collecting(self.store)

    def rejected(self, limit: int) -> list[RejectedLine]:
        """Return the newest lines that could not be read."""
        return self.store.rejected(limit)

    def rejected_counts(self) -> dict[str, int]:
        """Return how many lines could not be read, by reason."""
        return self.store.rejected_counts()
