"""Which file is which: renamed, copied, cut off, packed, or another one under an old number."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from domain.checkpoint import HEAD_BYTES, Checkpoint
from ingest.following.content import Content, hash_of
from ingest.following.found import Found

# later than every event: none of the file's records is remembered
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class KnownFiles:
    """
    The checkpoints of a store, to be found by what is seen of a file.

    Parameters
    ----------
    checkpoints : iterable of Checkpoint
    """

    def __init__(self, checkpoints: Iterable[Checkpoint]) -> None:
        self._at: dict[tuple[str, str], Checkpoint] = {}
        self._heads: dict[tuple[int, str], dict[int | None, Checkpoint]] = {}
        self._all: dict[int | None, Checkpoint] = {}
        for one in checkpoints:
            self.note(one)

    def note(self, checkpoint: Checkpoint) -> None:
        """Take note of what the store holds now."""
        before = self._all.get(checkpoint.id)
        if before is not None:
            self._heads[before.head_bytes, before.head].pop(before.id, None)
            if before.device is not None and before.inode is not None:
                self._at.pop((before.device, before.inode), None)
        self._all[checkpoint.id] = checkpoint
        head = checkpoint.head_bytes, checkpoint.head
        self._heads.setdefault(head, {})[checkpoint.id] = checkpoint
        if checkpoint.device is not None and checkpoint.inode is not None:
            other = self._at.get((checkpoint.device, checkpoint.inode))
            if other is not None and other.id != checkpoint.id:
                self._all[other.id] = replace(other, device=None, inode=None)
                self._heads[other.head_bytes, other.head][other.id] = self._all[other.id]
            self._at[checkpoint.device, checkpoint.inode] = checkpoint

    def all(self) -> list[Checkpoint]:
        """Return every checkpoint."""
        return list(self._all.values())

    def forget(self, ids: Iterable[int]) -> None:
        """Forget some."""
        for one in [self._all.pop(number) for number in ids if number in self._all]:
            self._heads[one.head_bytes, one.head].pop(one.id, None)
            if one.device is not None and one.inode is not None:
                self._at.pop((one.device, one.inode), None)

    def at(self, found: Found) -> Checkpoint | None:
        """Return the checkpoint of the file that was last seen under that number."""
        return self._at.get((found.device, found.inode))

    def identify(self, found: Found, content: Content) -> Checkpoint:
        """
        Return how far the content of a file is taken, under the file's own name and number.

        A checkpoint without an id is a file that is new, or a copy of one that is still there.

        Parameters
        ----------
        found : Found
        content : Content
        """
        here = self.at(found)
        # also one that is to be read from its beginning again
        if here is not None and content.is_of(here, wholly=False):
            return replace(here, path=found.shown)
        beginning = content.beginning()
        for n_bytes in {n for n, _ in self._heads}:
            if n_bytes > len(beginning):
                continue
            alike = self._heads.get((n_bytes, hash_of(beginning[:n_bytes])), {})
            for one in list(alike.values()):
                if one is not here and one.taken_bytes and content.is_of(one, wholly=True):
                    return self._same_content(one, found)
        return _new(found, beginning)

    def _same_content(self, known: Checkpoint, found: Found) -> Checkpoint:
        """Return the checkpoint of a file that was moved here, or of a copy."""
        mine = replace(
            known, path=found.shown, device=found.device, inode=found.inode, size_bytes=-1
        )
        return replace(mine, id=None, known_from=_NEVER) if _is_there(known) else mine


def _new(found: Found, beginning: bytes) -> Checkpoint:
    head = beginning[:HEAD_BYTES]
    return Checkpoint(
        id=None,
        source="",
        path=found.shown,
        device=found.device,
        inode=found.inode,
        format="",
        head_bytes=len(head),
        head=hash_of(head),
    )


def _is_there(known: Checkpoint) -> bool:
    """Return whether the file itself, of which something was taken, may still be read."""
    try:
        stat = os.stat(known.path)  # noqa: PTH116 (as it was found)
    except (OSError, ValueError):
        return False
    same = (str(stat.st_dev), str(stat.st_ino)) == (known.device, known.inode)
    return same and stat.st_size >= known.taken_bytes  # else it was cut off
