"""The records of a CSV one by one: slower, and with a reason for each line that is none."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from ingest.csv_records import RECORD_LIMIT_BYTES


@dataclass(frozen=True, slots=True)
class ExactRecord:
    """
    One record that was looked at alone.

    Parameters
    ----------
    line : int
        Number of its first line, from 0 at the start of the piece.
    raw : bytes
        Without the last line break.
    cells : tuple of str
        Empty where it cannot be split.
    reason : str
        ``""``, or that of a rejection.
    fault : str
        What the sentence of the reason quotes.
    """

    line: int
    raw: bytes
    cells: tuple[str, ...] = ()
    reason: str = ""
    fault: str = ""


def split_exactly(
    content: bytes, delimiter: str, *, last: bool, at_most: int | None = None
) -> tuple[list[ExactRecord], int, int]:
    """
    Split whole lines into records; a line that fits nowhere is one faulty record.

    Parameters
    ----------
    content : bytes
    delimiter : str
    last : bool
        Whether the file ends here. Otherwise a quoted cell at the end may go on.
    at_most : int or None
        Stop after so many records.

    Returns
    -------
    list of ExactRecord
        Blank lines are none.
    int
        Bytes used; what follows is a record that is not complete.
    int
        Lines used.
    """
    lines = content.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    records: list[ExactRecord] = []
    at = 0
    while at < len(lines) and len(records) != at_most:
        if lines[at] in (b"", b"\r"):
            at += 1
            continue
        record, n_lines = _record_at(lines, at, delimiter, last=last)
        if record is None:
            break
        records.append(record)
        at += n_lines
    used = sum(len(line) + 1 for line in lines[:at])
    return records, min(used, len(content)), at


def _record_at(
    lines: list[bytes], at: int, delimiter: str, *, last: bool
) -> tuple[ExactRecord | None, int]:
    """Return the record that begins at a line and how many lines it takes; None: not all here."""
    alone = _parse(lines, at, 1, delimiter)
    if not alone.reason:
        return alone, 1
    n_lines = _closes_after(lines, at)
    if n_lines is None and not last:
        return None, 0
    if n_lines is not None and n_lines > 1:
        whole = _parse(lines, at, n_lines, delimiter)
        if not whole.reason:
            return whole, n_lines
    return alone, 1


def _parse(lines: list[bytes], at: int, n_lines: int, delimiter: str) -> ExactRecord:
    raw = b"\n".join(lines[at : at + n_lines]).removesuffix(b"\r")
    try:
        rows = list(csv.reader([raw.decode()], delimiter=delimiter, strict=True))
    except UnicodeDecodeError as error:
        return ExactRecord(at, raw, (), "invalid_utf8", str(error.start + 1))
    except csv.Error as error:
        reason = "too_large" if "field limit" in str(error) else "bad_row"
        return ExactRecord(at, raw, (), reason, str(error))
    return ExactRecord(at, raw, tuple(rows[0]))


def _closes_after(lines: list[bytes], at: int) -> int | None:
    """Return after how many lines quotes are even; 0 beyond the limit, None: not seen yet."""
    quotes, size = 0, 0
    for n_lines in range(1, len(lines) - at + 1):
        line = lines[at + n_lines - 1]
        quotes += line.count(b'"')
        size += len(line) + 1
        if size > RECORD_LIMIT_BYTES:
            return 0
        if quotes % 2 == 0:
            return n_lines
    return None
