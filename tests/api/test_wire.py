"""What goes over the wire comes back as it was, whatever method of the Service it belongs to."""

import dataclasses
import inspect
import math
import struct
import typing
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from api import wire
from api.methods import METHODS, READING, Form
from domain.column import Column
from domain.errors import InputError
from domain.finding import Value
from domain.profile import Grid, GridKind
from domain.window import Window
from ingest.mapping import Mapping as LogMapping
from monitors.config import Config
from monitors.report_data import ReportRows
from monitors.service import Service

# a whole report as an example is not worth minutes of making it smaller
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
WHOLE = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=64)
TIMES = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001 (the zone is drawn beside it)
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7, minutes=-30))]),
)
SPANS = st.timedeltas(timedelta(microseconds=1), timedelta(days=400))
WINDOWS = st.builds(lambda start, span: Window(start, start + span), TIMES, SPANS)
VALUES = st.one_of(TEXTS, WHOLE, FLOATS, st.booleans(), st.none())
CONFIGS = st.sampled_from(
    [
        Config(),
        Config.model_validate(
            {
                "store": "/srv/a b",
                "timezone": "Europe/Berlin",
                "defaults": {"window": "6h"},
                "monitors": {
                    "*": {"baseline": {"window": [date(2013, 1, 1), date(2013, 4, 1)]}},
                    "m": {"slos": [{"name": "a", "target": "99.9%"}], "grace": 0},
                },
                "routes": [{"to": ["webhook:http://127.0.0.1/x"]}],
            }
        ),
    ]
)
MAPPINGS = st.sampled_from(
    [
        LogMapping(),
        LogMapping.model_validate({"ts": "at", "model": {"value": "m"}, "features": ["a", "b.*"]}),
    ]
)


def arrays(kind) -> st.SearchStrategy:
    (dtype,) = typing.get_args(typing.get_args(kind)[1])
    elements = FLOATS if np.issubdtype(dtype, np.floating) else WHOLE
    shapes = st.sampled_from([(0,), (3,), (2, 2), (0, 4)])
    return shapes.flatmap(
        lambda shape: st.lists(elements, min_size=math.prod(shape), max_size=math.prod(shape)).map(
            lambda values: np.array(values, dtype).reshape(shape)
        )
    )


TABLES = st.lists(st.tuples(TEXTS, FLOATS, st.none() | TIMES), max_size=4).map(
    lambda rows: pa.table(
        {
            "name": pa.array([row[0] for row in rows], pa.string()),
            "x": pa.array([row[1] for row in rows], pa.float64()),
            "ts": pa.array([row[2] for row in rows], pa.timestamp("us", tz="UTC")),
        },
        metadata={b"kept": b"as it is"},
    )
)
ROWS = st.builds(
    ReportRows, TABLES, TABLES, st.lists(st.from_type(Column), max_size=2).map(tuple),
    st.dictionaries(TEXTS, FLOATS, max_size=2),
)  # fmt: skip
GRIDS = st.builds(
    Grid,
    st.sampled_from(GridKind),
    arrays(np.ndarray[typing.Any, np.dtype[np.float64]]),
    st.lists(TEXTS, max_size=2).map(tuple),
)
OF_TYPE = {
    str: TEXTS,
    int: WHOLE,
    float: FLOATS,
    datetime: TIMES,
    Window: WINDOWS,
    Config: CONFIGS,
    LogMapping: MAPPINGS,
    Grid: GRIDS,
    pa.Table: TABLES,
    ReportRows: ROWS,
}


def values_of(kind) -> st.SearchStrategy:
    """Draw what an annotation allows, few of each; an annotation of a new form ends in an error."""
    if kind in OF_TYPE:
        return OF_TYPE[kind]
    if kind is type(None):
        return st.none()
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        drawn = {
            one.name: values_of(hints[one.name]) for one in dataclasses.fields(kind) if one.init
        }
        return st.builds(kind, **drawn)
    if not typing.get_origin(kind):
        return st.from_type(kind)
    return of_form(typing.get_origin(kind), typing.get_args(kind), kind)


def of_form(origin, inner, kind) -> st.SearchStrategy:
    if origin is np.ndarray:
        return arrays(kind)
    if origin is tuple and inner[-1] is not Ellipsis:
        return st.tuples(*map(values_of, inner))
    if origin is Counter:
        return st.dictionaries(TEXTS, st.integers(0, 2**40), max_size=2).map(Counter)
    if origin in {dict, Mapping}:
        return st.dictionaries(values_of(inner[0]), values_of(inner[1]), max_size=2)
    if origin in {tuple, list, frozenset, typing.get_origin(typing.Sequence[int])}:
        as_it_is = origin if origin in {tuple, list, frozenset} else list
        return st.lists(values_of(inner[0]), max_size=2).map(as_it_is)
    if origin in {typing.Union, type(int | None), typing.Literal}:
        literal = origin is typing.Literal
        return st.sampled_from(inner) if literal else st.one_of(*map(values_of, inner))
    raise AssertionError(f"no values of {kind} are drawn yet")


def same(one: object, other: object) -> bool:
    """Equality in which NaN is NaN and arrays are compared by type, shape and bit."""
    if dataclasses.is_dataclass(one):
        names = [field.name for field in dataclasses.fields(one)]
        return type(one) is type(other) and all(
            same(getattr(one, name), getattr(other, name)) for name in names
        )
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and plain(one) == plain(other)


def plain(value: object) -> object:
    """Return something that compares as this value should."""
    match value:
        case np.ndarray():
            return value.dtype, value.shape, value.tobytes()
        case float():
            return "nan" if math.isnan(value) else struct.pack("d", value)
        case pa.Table():
            return value.schema.metadata, wire.table_to_bytes(value)
        case Config():
            return as_judged(value)
        case _:
            return value


def as_judged(config: Config) -> tuple[object, ...]:
    """What a configuration means: dates in raw settings may have become texts."""
    monitors = [config.monitor(name) for name in ("m", "another")]
    return config.store, config.timezone, config.defaults, config.routes, monitors


def over_the_wire(method, value):
    match method.form:
        case Form.TABLE:
            return wire.table_from_bytes(wire.table_to_bytes(value))
        case Form.ROWS:
            return wire.rows_from_bytes(wire.rows_to_bytes(value))
        case _:
            return wire.decode(wire.encode(value, method.answer), method.answer)


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=12, phases=QUICK)
@given(data=st.data())
def test_every_answer_of_the_service_comes_back_as_it_was(name, data):
    method = METHODS[name]
    value = data.draw(values_of(method.answer))
    assert same(value, over_the_wire(method, value))


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=8, phases=QUICK)
@given(data=st.data())
def test_every_argument_of_the_service_arrives_as_it_was(name, data):
    for kind in METHODS[name].arguments.values():
        value = data.draw(values_of(kind))
        assert same(value, wire.decode(wire.encode(value, kind), kind))


@given(VALUES)
def test_a_value_of_a_finding_keeps_its_type(value):
    back = wire.decode(wire.encode({"x": value}, dict[str, Value]), dict[str, Value])
    assert same(value, back["x"])


# ------------------------------------------------------------------ nothing is forgotten


def test_every_method_of_the_service_is_asked_over_http():
    public = {name for name in vars(Service) if not name.startswith("_")}
    assert set(METHODS) == public


def test_every_argument_travels_or_has_a_form_of_its_own():
    for name, method in METHODS.items():
        member = vars(Service)[name]
        asked = member.fget if isinstance(member, property) else member
        expected = set(inspect.signature(asked).parameters) - {"self"}
        apart = {"sources"} if method.form is Form.UPLOAD else set()
        apart |= {"target"} if method.form is Form.FILE else set()
        apart |= {"progress"} if method.takes_progress else set()
        assert set(method.arguments) == expected - apart, name
        assert apart <= expected, name


def test_what_is_said_to_only_read_is_there():
    assert set(METHODS) >= READING


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", int),
        (b"{", dict[str, int]),
        (b'{"start": "2024-01-01T00:00:00Z"}', Window),
        (b'{"start": "2024-01-02T00:00:00Z", "end": "2024-01-01T00:00:00Z"}', Window),
        (b'{"start": "2024-01-01T00:00:00", "end": "2024-01-02T00:00:00"}', Window),
        (b'{"model": "m", "windows": [], "left_out": [], "more": 1}', METHODS["plan_due"].answer),
        (b"0", type(None)),
        (b'"worse"', typing.get_type_hints(Service.plan_backfill)["reprocess"]),
        (b'[{"x": [1]}]', list[dict[str, Value]]),
        (
            b'{"dtype": "|O", "shape": [1], "data": "AAAAAAAAAAA="}',
            np.ndarray[typing.Any, np.dtype[np.float64]],
        ),
    ],
)
def test_a_body_of_another_shape_is_refused_in_one_line(body, kind):
    with pytest.raises(InputError) as refused:
        wire.decode(body, kind)
    assert "\n" not in str(refused.value)


def test_bytes_that_are_no_arrow_stream_are_refused():
    for read in (wire.table_from_bytes, wire.rows_from_bytes):
        with pytest.raises(InputError):
            read(b"nothing of the kind")
    lone = wire.table_to_bytes(pa.table({"x": [1]}))
    with pytest.raises(InputError):
        wire.rows_from_bytes(lone + lone)
