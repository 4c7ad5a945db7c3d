"""What a store has to hold, kept in plain dicts: the oracle of the state machine beside it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.call_hours import LATENCY_GROWTH
from domain.erasure import Condition, Erasing
from store.append import LoadCounts

Event = Mapping[str, object]
Key = tuple[object, ...]
# fields of a prediction besides its features
KEPT = (
    *("ts", "version", "prediction_id", "request_id", "prediction", "score", "replica", "tags"),
)
COUNTED = ("predictions", "calls", "labels", "duplicates")
CALLED = ("latency_ms", "status", "replica", "trace_id", "sampling_rate")


@dataclass(frozen=True)
class Call:
    """One call; `rows` events told of it."""

    version: str
    request_id: object
    ts: datetime
    rows: int
    told: Mapping[str, object]

    def merged(self, other: Call) -> Call:
        """Put together what two events say: the earliest, the longest, the worst, the first."""
        told = {
            "latency_ms": _most(max, self.told["latency_ms"], other.told["latency_ms"]),
            "status": max((self.told["status"], other.told["status"]), key=_badness),
            **{
                name: _most(min, self.told[name], other.told[name])
                for name in ("replica", "trace_id", "sampling_rate")
            },
        }
        ts, rows = min(self.ts, other.ts), self.rows + other.rows
        return replace(self, ts=ts, rows=rows, told=told)


@dataclass(frozen=True)
class Label:
    """What was told, of whom, in the words of a row of the table."""

    event: Key | None
    prediction_id: object
    request_id: object
    label: object
    ts: datetime | None


@dataclass
class Plain:
    """
    The distinct events of one store, by model.

    Attributes
    ----------
    predictions, unanswered : dict of (model, event) to Event
    calls : dict of (model, call) to Call
    labels : dict of (model, identity) to Label
        In the order in which they were stored.
    rejected : dict of (reason, raw) to str
        The source each was met in first.
    sources : dict of str to LoadCounts
    """

    predictions: dict[Key, Event] = field(default_factory=dict)
    unanswered: dict[Key, Event] = field(default_factory=dict)
    calls: dict[Key, Call] = field(default_factory=dict)
    labels: dict[Key, Label] = field(default_factory=dict)
    rejected: dict[tuple[str, bytes], str] = field(default_factory=dict)
    sources: dict[str, LoadCounts] = field(default_factory=dict)

    # ------------------------------------------------------------------ loads

    def load(self, bodies: Sequence[Sequence[Event]], source: str) -> list[LoadCounts]:
        """Store bodies, each of events of any models; return what each brought."""
        counts = [Counter[str]() for _ in bodies]
        models = dict.fromkeys(e["model"] for events in bodies for e in events)
        for model in models:
            told: list[tuple[Key, Label, bool, int]] = []
            for number, events in enumerate(bodies):
                ordinals = Counter[Key]()
                for e in (e for e in events if e["model"] == model):
                    told += self._take(e, ordinals, counts[number], number)
            for identity, label, known, number in sorted(told, key=lambda row: row[1].ts):
                if identity not in self.labels:
                    self.labels[identity] = label
                    counts[number] += Counter(labels=1, duplicates=-known)
        return self._note(source, [_counts(one) for one in counts])

    def _take(
        self, e: Event, ordinals: Counter[Key], counts: Counter[str], body: int
    ) -> list[tuple[Key, Label, bool, int]]:
        kind = kind_of(e)
        key, known = None, True
        if kind != "label":
            key = _event_key(e, kind, ordinals)
            table = self.predictions if kind == "prediction" else self.unanswered
            known = key in self.predictions or key in self.unanswered
            if not known:
                table[key] = e
                counts["predictions"] += kind == "prediction"
                counts["calls"] += self._call(e, key)
        counts["duplicates"] += known
        return [] if e.get("label") is None else [(*_inline(e, key), known, body)]

    def _call(self, e: Event, key: Key) -> bool:
        place = _call_key(e, key)
        call = Call(
            _version(e), e.get("request_id"), e["ts"], 1, {name: e.get(name) for name in CALLED}
        )
        new = place not in self.calls
        self.calls[place] = call if new else self.calls[place].merged(call)
        return new

    def tell(self, model: str, rows: Sequence[Event], source: str) -> LoadCounts:
        """Store labels that came by themselves."""
        found = []
        for row in rows:
            whom = ("p", row["prediction_id"]) if row["prediction_id"] else ("r", row["request_id"])
            label = Label(None, row["prediction_id"], row["request_id"], row["label"], row["ts"])
            if whom[1]:
                found.append(((model, whom, row["label"], row["ts"]), label))
        # those without a time are stored first
        found.sort(key=lambda one: (one[1].ts is not None, one[1].ts and one[1].ts.timestamp()))
        new = 0
        for identity, label in found:
            new += identity not in self.labels
            self.labels.setdefault(identity, label)
        return self._note(source, [LoadCounts(labels=new, duplicates=len(rows) - new)])[0]

    def _note(self, source: str, counts: list[LoadCounts]) -> list[LoadCounts]:
        before = self.sources.get(source, LoadCounts())
        self.sources[source] = sum(counts, before)
        return counts

    def reject(self, source: str, rows: Sequence[tuple[str, bytes]]) -> None:
        """Keep lines that could not be read."""
        for row in rows:
            self.rejected.setdefault(row, source)

    # ------------------------------------------------------------------ erasing

    def erase(self, wanted: Erasing) -> dict[str, int]:
        """Remove a person's rows; return how many of each kind."""
        (condition,) = wanted.conditions
        gone: dict[Key, Event] = {}
        n: dict[str, int] = {}
        for name, table in (("predictions", self.predictions), ("unanswered", self.unanswered)):
            here = {k: e for k, e in table.items() if _is_meant(k, e, wanted, condition)}
            n[name] = len(here)
            gone |= here
            for key in here:
                del table[key]
        n["calls"] = self._uncall(gone)
        left = [e for k, e in self._rows() if k[0] == wanted.model]
        lonely = {
            name: {e.get(name) for e in gone.values()} - {e.get(name) for e in left} - {None}
            for name in ("prediction_id", "request_id")
        }
        events = {("e", *key[1:]) for key in gone}
        labels = {
            identity: label
            for identity, label in self.labels.items()
            if identity[0] == wanted.model
            and (
                label.event in events
                or label.prediction_id in lonely["prediction_id"]
                or label.request_id in lonely["request_id"]
                or (
                    wanted.span is None
                    and condition.field in lonely
                    and getattr(label, condition.field) == condition.value
                )
            )
        }
        n["labels"] = len(labels)
        self.labels = {k: label for k, label in self.labels.items() if k not in labels}
        holds = [row for row in self.rejected if _has(row[1], condition.value)]
        n["rejected"] = len(holds)
        for row in holds:
            del self.rejected[row]
        return n

    def _rows(self) -> list[tuple[Key, Event]]:
        return [*self.predictions.items(), *self.unanswered.items()]

    def _uncall(self, gone: Mapping[Key, Event]) -> int:
        """Take rows from their calls; a call goes with the last of its rows."""
        removed = 0
        for place, fewer in Counter(_call_key(e, key) for key, e in gone.items()).items():
            call = self.calls[place]
            if call.rows > fewer:
                self.calls[place] = replace(call, rows=call.rows - fewer)
            else:
                del self.calls[place]
                removed += 1
        return removed

    # ------------------------------------------------------------------ what is asked

    def hours(self, model: str) -> Counter[Key]:
        """Count the calls again: by version, replica, hour, and what of them."""
        counted: Counter[Key] = Counter()
        for (name, *_), call in self.calls.items():
            if name != model:
                continue
            hour = call.ts.replace(minute=0, second=0, microsecond=0)
            place = (call.version, call.told["replica"] or "", hour)
            weight = 1 / (call.told["sampling_rate"] or 1)
            status, latency_ms = call.told["status"], call.told["latency_ms"]
            counted[*place, "calls"] += weight
            counted[*place, "with_status"] += weight * (status is not None)
            counted[*place, "failed"] += weight * is_failed(status)
            if latency_ms is not None:
                counted[*place, math.floor(math.log(latency_ms) / math.log(LATENCY_GROWTH))] += 1
        return counted

    def newest_label(self, key: Key, e: Event) -> Label | None:
        """Return a prediction's label: the newest by its own time, then the one stored last."""
        meant = [
            label
            for identity, label in self.labels.items()
            if identity[0] == key[0] and _tells_of(label, key, e)
        ]
        oldest = datetime.min.replace(tzinfo=e["ts"].tzinfo)
        return max(
            enumerate(meant), key=lambda one: (one[1].ts or oldest, one[0]), default=(0, None)
        )[1]


def kind_of(e: Event) -> str:
    """Tell predictions, calls without an answer, and mere labels apart."""
    asked = any(value is not None for value in e["features"].values())
    if e.get("prediction") is not None or e.get("score") is not None:
        return "prediction"
    if asked and not is_failed(e.get("status")):
        return "prediction"
    called = asked or e.get("label") is None
    called = called or e.get("latency_ms") is not None or e.get("status") is not None
    return "unanswered" if called else "label"


def is_failed(status: object) -> bool:
    """Whether a status is that of a failed call."""
    return status is not None and not 100 <= status < 500


def _version(e: Event) -> str:
    return e.get("version") or ""


def _event_key(e: Event, kind: str, ordinals: Counter[Key]) -> Key:
    if kind == "prediction" and e.get("prediction_id"):
        return (e["model"], "p", _version(e), e["prediction_id"])
    told = {name: value for name, value in e.items() if name != "features" and value is not None}
    told |= {f"feature:{name}": v for name, v in e["features"].items() if v is not None}
    record = frozenset((told | {"version": _version(e)}).items())
    ordinals[record] += 1
    return (e["model"], record, ordinals[record])


def _call_key(e: Event, key: Key) -> Key:
    if e.get("request_id"):
        return (e["model"], "r", _version(e), e["request_id"])
    if e.get("prediction_id"):
        return (e["model"], "p", _version(e), e["prediction_id"])
    return key


def _inline(e: Event, key: Key | None) -> tuple[Key, Label]:
    ts, prediction_id, request_id = e["ts"], e.get("prediction_id"), e.get("request_id")
    if prediction_id:
        whom, label = ("p", prediction_id), Label(None, prediction_id, None, e["label"], ts)
    elif key is not None:
        whom = ("e", *key[1:])
        label = Label(whom, None, None, e["label"], ts)
    elif request_id:
        whom = ("r", request_id)
    else:
        whom = ("e", "at", ts)
        label = Label(whom, None, None, e["label"], ts)
    if key is None and request_id:
        label = Label(None, prediction_id, request_id, e["label"], ts)
    return (e["model"], whom, e["label"], ts), label


def _tells_of(label: Label, key: Key, e: Event) -> bool:
    if label.event is not None:
        return label.event == ("e", *key[1:])
    if label.prediction_id is not None:
        return label.prediction_id == e.get("prediction_id")
    return label.request_id == e.get("request_id")


def value_of(e: Event, by: str) -> object:
    """Return what an event says of a person: an id, a tag or a feature."""
    place, _, name = by.partition(".")
    if place == "tags":
        return json.loads(e.get("tags") or "{}").get(name)
    return e["features"][name] if place == "feature" else e.get(by)


def _is_meant(key: Key, e: Event, wanted: Erasing, condition: Condition) -> bool:
    value = value_of(e, condition.field)
    inside = wanted.span is None or wanted.span.start <= e["ts"] < wanted.span.end
    return key[0] == wanted.model and value is not None and str(value) == condition.value and inside


def _has(raw: bytes, value: str) -> bool:
    return value.encode() in raw


def _most(choose: object, *values: object) -> object:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


def _badness(status: object) -> tuple[bool, bool, int]:
    return status is not None, is_failed(status), status or 0


def _counts(counts: Counter[str]) -> LoadCounts:
    return LoadCounts(**{name: counts[name] for name in COUNTED})
