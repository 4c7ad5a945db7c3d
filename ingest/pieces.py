"""Formats that can be read in pieces: where one may end, and what each needs before it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ingest.wrapped import is_wrapped, whole_lines

_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Pieces:
    """
    How a growing file of a format is read as far as it goes.

    Parameters
    ----------
    header : callable
        From the beginning of a file to the length of what every piece needs before it, in bytes;
        None where there is too little to tell.
    cut : callable
        From the header and what stands behind a record to the length of the whole records there.
    is_whole : callable
        From the header and a last line that has no line break yet to whether it can be a record.
    fits : callable
        From the beginning of a file to whether it can be read in pieces at all: of formats whose
        records may stand in lines or in one document.
    """

    header: Callable[[bytes], int | None]
    cut: Callable[[bytes, bytes], int]
    is_whole: Callable[[bytes, bytes], bool]
    fits: Callable[[bytes], bool] = lambda _beginning: True


def _no_header(_beginning: bytes) -> int:
    return 0


def _after_last_break(_header: bytes, content: bytes) -> int:
    return whole_lines(content)


def _is_json(_header: bytes, line: bytes) -> bool:
    # no JSON object is the beginning of a longer one
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _is_in_lines(beginning: bytes) -> bool:
    line, line_break, _ = beginning.removeprefix(_BOM).lstrip().partition(b"\n")
    if is_wrapped(line):
        return True
    return line.startswith(b"{") and (not line_break or _is_json(b"", line))


# each line is a record by itself; other programs' lines may stand between
JSON_LINES: Final = Pieces(_no_header, _after_last_break, _is_json)
# each line is a record by itself, unless the file is one document or no text at all
RECORD_LINES: Final = Pieces(_no_header, _after_last_break, _is_json, _is_in_lines)
