"""What the Service can be asked over HTTP: read from its protocol, so that nothing is forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, get_type_hints

import pyarrow as pa

from domain.key import Scope
from monitors.report_data import ReportRows
from monitors.run import Progress
from monitors.service import Service

PREFIX: Final = "/v1/service"
ARROW: Final = "application/vnd.apache.arrow.stream"
BYTES: Final = "application/octet-stream"
LINES: Final = "application/x-ndjson"
# between two signs of life of an answer that takes long, in seconds
HEARTBEAT_S: Final = 5.0


class Form(StrEnum):
    """
    How a question and its answer travel.

    `plain`: arguments and answer as JSON. `table`, `rows`: the answer as Arrow. `steps`: the answer
    as lines, progress before the last one. `upload`: the body is a line of JSON, then a log as it
    is; answered as `steps`. `file`: answered as `steps` with a number of bytes, then those bytes.
    """

    PLAIN = "plain"
    TABLE = "table"
    ROWS = "rows"
    STEPS = "steps"
    UPLOAD = "upload"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Method:
    """
    One use case.

    Parameters
    ----------
    name : str
    arguments : mapping of str to annotation
        What travels as JSON.
    answer : annotation
    form : Form
    changes : bool
        Whether it may change what is stored.
    scope : Scope
        What a key must be for.
    also : Scope or None
        What else it may be for.
    takes_progress : bool
        Whether it tells how far it is.
    by_parts : bool
        Whether it lets those who judge in between two of its parts.
    """

    name: str
    arguments: Mapping[str, Any]
    answer: Any
    form: Form
    changes: bool
    scope: Scope
    also: Scope | None
    takes_progress: bool
    by_parts: bool


_UPLOADS: Final = frozenset({"ingest", "labels", "take"})
_FILES: Final = frozenset({"backup"})
# bringing logs, as the collector takes them; and what it takes to go on with them
_SENDING: Final = frozenset({"ingest", "labels", "take", "note_followed"})
_SENDERS_ASK: Final = frozenset({"code_version", "checkpoints"})
# what stays where it is: read or written by the client itself
_OURS: Final = frozenset({"sources", "target"})
# these wait for each other: whoever judges, and whoever takes the file for a while
_LONG: Final = frozenset(
    {"run", "execute", "erase", "tidy", "check_archive", "compact", "retry_rejected"}
)
# an archive of years takes hours to move, and its bytes hours to read
_BY_PARTS: Final = frozenset({"tidy", "check_archive"})
# a new use case is taken for a reading one only when it is named here
READING: Final = frozenset(
    {
        "config",
        "code_version",
        "checkpoints",
        "rejected",
        "rejected_counts",
        "rejected_tallies",
        "label_standing",
        "models",
        "starter",
        "facts",
        "plan_due",
        "plan_backfill",
        "stale",
        "show_baseline",
        "acceptances",
        "incidents",
        "incident",
        "runs_page",
        "findings_page",
        "slos_page",
        "incidents_page",
        "keys",
        "acknowledgements",
        "report",
        "report_rows",
        "sql",
        "revision",
        "targets",
        "fleet",
        "drift",
        "distribution",
        "service_levels",
        "resources",
        "notable_calls",
        "versions",
        "performance",
        "data",
    }
)


def _form(name: str, answer: object) -> Form:
    if name in _UPLOADS:
        return Form.UPLOAD
    if name in _FILES:
        return Form.FILE
    if name in _LONG:
        return Form.STEPS
    if answer is pa.Table:
        return Form.TABLE
    return Form.ROWS if answer is ReportRows else Form.PLAIN


def _method(name: str, member: object) -> Method:
    asked = member.fget if isinstance(member, property) else member
    hints = get_type_hints(asked)
    answer = hints.pop("return")
    carried = {key: kind for key, kind in hints.items() if kind != Progress and key not in _OURS}
    scope, also = _scopes(name)
    return Method(
        name=name,
        arguments=carried,
        answer=answer,
        form=_form(name, answer),
        changes=name not in READING,
        scope=scope,
        also=also,
        takes_progress=Progress in hints.values(),
        by_parts=name in _BY_PARTS,
    )


def _scopes(name: str) -> tuple[Scope, Scope | None]:
    if name in _SENDING:
        return Scope.INGEST, None
    scope = Scope.READ if name in READING else Scope.ADMIN
    return scope, Scope.INGEST if name in _SENDERS_ASK else None


METHODS: Final[Mapping[str, Method]] = {
    name: _method(name, member)
    for name, member in vars(Service).items()
    if not name.startswith("_") and (callable(member) or isinstance(member, property))
}
