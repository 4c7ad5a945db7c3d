"""The next whole records of a file that grows, and how far it is taken with them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from domain.checkpoint import HEAD_BYTES, Checkpoint, Piece
from ingest.following.content import Content, hash_of
from ingest.following.found import Found
from ingest.lines import LINE_LIMIT_BYTES
from ingest.pieces import Pieces

# a line that is longer than what is allowed has to be seen as such
PIECE_BYTES: Final = LINE_LIMIT_BYTES + 64 * 1024
_BOM: Final = b"\xef\xbb\xbf"
_STEP_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class NextPiece:
    """
    What of a file can be taken now.

    Parameters
    ----------
    piece : Piece or None
        None: nothing.
    body : bytes
        What is handed over for it.
    more : bool
        Behind it there may be another piece.
    left_bytes : int
        Behind it, that are no whole record yet.
    """

    piece: Piece | None
    body: bytes
    more: bool
    left_bytes: int


@dataclass(frozen=True, slots=True)
class _Records:
    """Whole records: what they take in the file, and what is handed over of them."""

    n_bytes: int
    checksum: int
    last: bytes
    lines: int
    handed: bytes


def next_piece(
    content: Content, base: Checkpoint, how: Pieces, found: Found, *, settled: bool
) -> NextPiece:
    """
    Return the whole records behind what is taken of a file, a few MB at most.

    Parameters
    ----------
    content : Content
        Of that file.
    base : Checkpoint
        How far it is taken.
    how : Pieces
        Of its format.
    found : Found
        As the file was when it was looked at.
    settled : bool
        Nobody has written for a while: a last line needs no line break, if it can be a record.
    """
    beginning = content.beginning()
    if base.id is None and base.taken_bytes:
        return _introduced(base, beginning, found)
    header_bytes = how.header(beginning)
    if header_bytes is None:
        return NextPiece(None, b"", more=False, left_bytes=len(beginning))
    header = beginning[:header_bytes]
    skipped = max(0, header_bytes - base.taken_bytes)
    before = content.before(base.taken_bytes)
    data = content.read(base.taken_bytes, skipped + PIECE_BYTES)
    body = data[skipped:]
    more = len(body) == PIECE_BYTES
    cut = how.cut(header, body)
    if not more and settled and cut < len(body) and how.is_whole(header, body[cut:]):
        cut = len(body)
    if cut:
        records = _records(base, before, data[: skipped + cut], body[:cut])
    else:
        records = _too_long(content, base, body) if more else None
    if not body and _is_to_be_noted(base, found):
        records = _records(base, before, b"", b"")
    # cut off and written anew while it was read: what was read may be of both
    if records is None or not content.is_of(base, wholly=False):
        return NextPiece(None, b"", more=False, left_bytes=len(body))
    left = 0 if more else len(body) - cut
    after = _after(base, beginning, records, found, ended=not more and not left)
    handed = records.handed
    if not base.taken_bytes and not header:
        handed = handed.removeprefix(_BOM)
    header = header if handed else b""
    piece = Piece(
        n_bytes=len(header) + len(handed),
        header_bytes=len(header),
        line_offset=base.lines + data[:skipped].count(b"\n"),
        before_bytes=base.taken_bytes,
        after=after,
    )
    return NextPiece(piece, header + handed, more, left)


def _introduced(base: Checkpoint, beginning: bytes, found: Found) -> NextPiece:
    """Let the store know a copy before anything is taken of it."""
    same = replace(base, size_bytes=-1, changed_ns=-1)
    records = _Records(0, base.checksum, b"", 0, b"")
    after = replace(_after(same, beginning, records, found, ended=False), tail=base.tail)
    piece = Piece(n_bytes=0, before_bytes=base.taken_bytes, after=after)
    return NextPiece(piece, b"", more=True, left_bytes=0)


def _is_to_be_noted(base: Checkpoint, found: Found) -> bool:
    """Return whether all that is there is taken, but the store does not know it of this file."""
    noted = base.id is not None and (base.size_bytes, base.changed_ns) == (
        found.size_bytes,
        found.changed_ns,
    )
    return base.taken_bytes > 0 and not noted


def _records(base: Checkpoint, before: bytes, taken: bytes, handed: bytes) -> _Records:
    return _Records(
        n_bytes=len(taken),
        checksum=zlib.crc32(taken, base.checksum),
        last=(before + taken[-HEAD_BYTES:])[-HEAD_BYTES:],
        lines=taken.count(b"\n"),
        handed=handed,
    )


def _too_long(content: Content, base: Checkpoint, begun: bytes) -> _Records | None:
    """Pass over a line that is longer than a line may be; only its beginning is handed over."""
    checksum, n_bytes, last = base.checksum, 0, b""
    for piece in _pieces(content, base.taken_bytes):
        end = piece.find(b"\n") + 1
        taken = piece[:end] if end else piece
        checksum = zlib.crc32(taken, checksum)
        n_bytes += len(taken)
        last = (last + taken[-HEAD_BYTES:])[-HEAD_BYTES:]
        if end:
            handed = begun[: LINE_LIMIT_BYTES + 1] + b"\n"
            return _Records(n_bytes, checksum, last, 1, handed)
    return None


def _pieces(content: Content, start: int) -> Iterable[bytes]:
    while piece := content.read(start, _STEP_BYTES):
        yield piece
        start += len(piece)


def _after(
    base: Checkpoint, beginning: bytes, records: _Records, found: Found, *, ended: bool
) -> Checkpoint:
    head = beginning[:HEAD_BYTES]
    return replace(
        base,
        path=found.shown,
        device=found.device,
        inode=found.inode,
        head_bytes=len(head),
        head=hash_of(head),
        taken_bytes=base.taken_bytes + records.n_bytes,
        tail=hash_of(records.last),
        checksum=records.checksum,
        lines=base.lines + records.lines,
        size_bytes=found.size_bytes if ended else -1,
        changed_ns=found.changed_ns if ended else -1,
    )
