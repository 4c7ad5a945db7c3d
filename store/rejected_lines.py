"""Lines that could not be read, as the other rooms see them; and what of all lines is hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from domain.privacy import PrivacyRules
from domain.rejection import ReadAs, Refused, RejectedLine, RejectedTally, Rejection
from store import append, rejected, rejected_again
from store.append import Bodies, LoadCounts
from store.privacy import Privacy, key_of
from store.rejected import RejectedReason
from store.rejected_again import ReadAgain, RejectedPlace
from store.rows_elsewhere import RowsElsewhere


class RejectedLines(RowsElsewhere):
    """The part of a store that keeps what it could not read, and hides what it may not keep."""

    # ------------------------------------------------------------------ what may be kept

    def hide(
        self,
        rules_of: Callable[[str], PrivacyRules],
        secret: str | None,
        of_anybody: PrivacyRules,
    ) -> None:
        """
        Hash and leave out columns from now on, before anything of them is stored.

        What is stored already stays as it is.

        Parameters
        ----------
        rules_of : callable
            From a model to its rules.
        secret : str or None
            Key of the hashes; None: a salt that the store keeps.
        of_anybody : PrivacyRules
            All rules that there are, for what names no model.

        Raises
        ------
        ConfigurationError
            If the hashes in the store were made with another key.
        """
        with self._database.writing() as connection:
            key = key_of(connection, secret)
        privacy = Privacy(rules_of, anywhere=True, key=key, of_anybody=of_anybody)
        self._database.privacy = privacy
        self._database.keeping.conceals = privacy.conceals

    @property
    def privacy(self) -> Privacy:
        """What is hashed and left out."""
        return self._database.privacy

    def keep_rejected(self, most: int) -> None:
        """Keep at most so many rejected lines; where more come the oldest go."""
        self._database.keeping.most = most

    # ------------------------------------------------------------------ rejected lines

    def reject(
        self,
        source: str,
        rows: Sequence[Rejection],
        read_as: ReadAs | None = None,
        at: datetime | None = None,
    ) -> None:
        """
        Keep lines that could not be read; the same line with the same reason once.

        Parameters
        ----------
        source : str
        rows : sequence of Rejection
            Of one file.
        read_as : ReadAs, optional
            Default: nobody knows, and they cannot be read again by themselves.
        at : datetime, optional
            Aware; now.
        """
        refused = Refused(tuple(rows), read_as)
        with self._database.writing() as connection:
            rejected.add_rejected(connection, source, [refused], at, self._database.keeping)

    def rejected(
        self, limit: int = 100, source: str | None = None, reason: str | None = None
    ) -> list[RejectedLine]:
        """Return the newest rejected lines, of one source or reason, at most `limit`."""
        with self._database.reading() as connection:
            return rejected.find_rejected(connection, limit, source, reason)

    def rejected_counts(self) -> dict[str, int]:
        """Return the rejected lines by reason, most frequent first."""
        with self._database.reading() as connection:
            return rejected.count_rejected(connection)

    def rejected_tallies(self) -> tuple[RejectedTally, ...]:
        """Return what was rejected of each source for each reason, the most lines first."""
        with self._database.reading() as connection:
            return rejected.tally_rejected(connection)

    def rejected_reasons(self, limit: int) -> tuple[RejectedReason, ...]:
        """
        Return why lines of each source were rejected, with the newest of each.

        Parameters
        ----------
        limit : int
            At most so many; the most frequent first.
        """
        with self._database.reading() as connection:
            return rejected.find_reasons(connection, limit)

    def drop_rejected(self, before: datetime) -> int:
        """Drop rejected lines of before a moment, and the oldest where they are too many."""
        with self._database.writing() as connection:
            return rejected.drop_old(connection, self._database.keeping, before)

    # ------------------------------------------------------------------ read again

    def rejected_places(
        self, source: str | None = None, reason: str | None = None
    ) -> list[RejectedPlace]:
        """Return which lines are kept, in the order of sources and positions."""
        with self._database.reading() as connection:
            return rejected_again.find_places(connection, source, reason)

    def rejected_lines(self, ids: Sequence[int]) -> dict[int, RejectedLine]:
        """Return lines by their ids, in the order of positions; what is gone is left out."""
        with self._database.reading() as connection:
            return rejected_again.find_lines(connection, ids)

    def collect_again(self, bodies: Bodies, again: ReadAgain, source: str) -> LoadCounts | None:
        """
        Store what rejected lines turned out to be, and keep them no more: all or nothing.

        Parameters
        ----------
        bodies : Bodies
        again : ReadAgain
        source : str

        Returns
        -------
        LoadCounts or None
            None: one of the lines is gone or another by now, and nothing was stored.
        """
        return append.collect_again(self._database, bodies, again, source)
