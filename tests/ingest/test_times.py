"""Times: every way to write one moment, and none that has to be guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.times import TimeRule, known_zone, parse_time, parse_times
from ingest.values import Values

QUICK = settings(max_examples=150, deadline=None)
naive = partial(datetime, tzinfo=None)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2013, 7, 1, 12, tzinfo=UTC)

offsets = st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(
    lambda delta: timedelta(minutes=delta // timedelta(minutes=1))
)
moments = st.datetimes(naive(1990, 1, 2), naive(2199, 12, 30))


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def parsed(values: list, rule: TimeRule | None = None, **options):
    kinds = {float: ("number", pa.float64()), str: ("text", pa.string())}
    kind, arrow = kinds[type(values[0])]
    column = Values(len(values), **{kind: pa.array(values, arrow)})
    return parse_times(column, rule or TimeRule(), **options)


@pytest.mark.parametrize(
    "text",
    ["2013-07-01T12:00:00Z", "2013-07-01T12:00:00.000000Z", "2013-07-01 12:00:00+00:00",
     "2013-07-01T14:00:00+02:00", "2013-07-01T14:00:00+0200", "2013-07-01T08:00-04:00",
     "20130701T120000Z", "2013-07-01t12:00:00z", " 2013-07-01T12:00:00Z ", "2013-07-01T12Z",
     "2013-07-01T12:00:00.000000999Z", "1372680000", "1372680000000", "1372680000000000",
     "1372680000000000999", "1372680000.0"],
)  # fmt: skip
def test_one_moment_in_many_ways(text):
    times = parsed([text])
    assert times.refused == {}
    assert times.ts.to_pylist() == [NOON]


@pytest.mark.parametrize("factor", [1.0, 1e3, 1e6])
def test_epoch_numbers_tell_their_unit_by_their_size(factor):
    assert parsed([1372680000 * factor]).ts.to_pylist() == [NOON]


def test_a_stated_unit_is_believed():
    early = parsed([800_000_000_000.0], TimeRule(unit="ms")).ts.to_pylist()
    assert early == [EPOCH + timedelta(seconds=800_000_000)]
    assert parsed(["800000000000"], TimeRule(unit="ms")).ts.to_pylist() == early


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "bad_ts"), ("noon", "bad_ts"), ("2013-02-30T00:00:00Z", "bad_ts"),
        ("2013-07-01T24:01:00Z", "bad_ts"), ("2013-07-01T23:59:60Z", "bad_ts"),
        ("2013-07-01T10:00:00+25:00", "bad_ts"), ("07/01/2013 10:00", "bad_ts"),
        ("2013-07-01T10:00:00", "naive_ts"), ("2013-07-01", "naive_ts"),
        ("1989-12-31T23:59:59Z", "past_ts"), ("0", "past_ts"), ("20130701", "past_ts"),
        ("0001-01-01T00:00:00Z", "past_ts"), ("2300-01-01T00:00:00Z", "future_ts"),
        ("9" * 29, "bad_ts"),
    ],
)  # fmt: skip
def test_what_is_no_moment_says_why(text, reason):
    times = parsed([text, "2013-07-01T12:00:00Z"])
    assert times.refused == {0: reason}
    assert times.ts.to_pylist() == [None, NOON]


@QUICK
@given(local=moments, offset=offsets)
def test_a_written_offset_is_obeyed_to_the_microsecond(local, offset):
    moment = local.replace(tzinfo=ZoneInfo("UTC")) - offset
    text = local.isoformat() + (
        f"{'-' if offset < timedelta() else '+'}{str(abs(offset))[:-3]:0>5}"
    )
    assert parse_time(text, TimeRule()) == micros(moment)
    assert parsed([text]).ts.to_pylist() == [moment]


# the zone rules that Arrow reads end in 2037; no log is from beyond
recent = st.datetimes(naive(1990, 1, 2), naive(2037, 1, 1))
zones = st.sampled_from(
    ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]
)
near_changes = st.builds(
    lambda start, minutes: start + timedelta(minutes=minutes),
    st.sampled_from([naive(2013, 3, 10), naive(2013, 3, 31), naive(2013, 10, 27),
                     naive(2013, 11, 3), naive(2013, 4, 7), naive(2013, 10, 6)]),
    st.integers(0, 240),
)  # fmt: skip


@QUICK
@given(
    local=near_changes | recent, zone=zones, fold=st.sampled_from(["reject", "earlier", "later"])
)
def test_local_times_follow_the_calendar_of_their_zone(local, zone, fold):
    place = ZoneInfo(zone)
    first, second = (local.replace(tzinfo=place, fold=f).astimezone(UTC) for f in (0, 1))
    exists = first.astimezone(place).replace(tzinfo=None) == local
    if not exists:
        expected: int | str = "skipped_ts"
    elif first != second:
        expected = {"reject": "ambiguous_ts", "earlier": micros(first), "later": micros(second)}[
            fold
        ]
    else:
        expected = micros(first)
    rule = TimeRule(zone=zone, fold=fold)
    assert parse_time(local.isoformat(), rule) == expected
    times = parsed([local.isoformat(sep=" "), "2013-07-01T12:00:00Z"], rule)
    assert times.refused.get(0, times.ts.cast(pa.int64())[0].as_py()) == expected
    assert times.ts[1].as_py() == NOON


@pytest.mark.parametrize(
    ("local", "zone", "fold", "utc"),
    [
        ("2013-11-03T01:30:00", "America/New_York", "earlier", "2013-11-03T05:30:00"),
        ("2013-11-03T01:30:00", "America/New_York", "later", "2013-11-03T06:30:00"),
        ("2013-11-03T01:30:00", "America/New_York", "reject", "ambiguous_ts"),
        ("2013-03-10T02:30:00", "America/New_York", "earlier", "skipped_ts"),
        ("2013-03-10T02:30:00", "America/New_York", "later", "skipped_ts"),
        ("2013-03-10T03:00:00", "America/New_York", "reject", "2013-03-10T07:00:00"),
        ("2013-04-07T01:45:00", "Australia/Lord_Howe", "earlier", "2013-04-06T14:45:00"),
        ("2013-04-07T01:45:00", "Australia/Lord_Howe", "later", "2013-04-06T15:15:00"),
    ],
)
def test_the_hours_when_clocks_change(local, zone, fold, utc):
    rule = TimeRule(zone=zone, fold=fold)
    got = parse_time(local, rule)
    if isinstance(got, int):
        assert (EPOCH + timedelta(microseconds=got)).isoformat() == utc + "+00:00"
    else:
        assert got == utc
    assert parsed([local], rule).refused == ({0: utc} if utc.endswith("_ts") else {})


written = st.one_of(
    moments.map(lambda m: m.isoformat() + "Z"),
    moments.map(lambda m: m.isoformat()),
    st.text(st.sampled_from("0123456789-:TZ+. "), max_size=22),
    st.from_regex(
        r"\A[0-2]\d{3}-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d"
        r"(:[0-6]\d(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?\Z"
    ),
)  # fmt: skip


@QUICK
@given(
    texts=st.lists(written, min_size=1, max_size=8), zone=st.sampled_from([None, "Europe/Berlin"])
)
def test_many_at_once_and_one_by_one_agree(texts, zone):
    rule = TimeRule(zone=zone)
    together = parsed(texts, rule)
    for row, text in enumerate(texts):
        alone = parsed([text], rule)
        assert alone.refused.get(0) == together.refused.get(row)
        assert alone.ts[0].as_py() == together.ts[row].as_py()
        exact = parse_time(text, rule)
        if isinstance(exact, str):
            assert together.refused[row] == exact
        elif row not in together.refused:
            assert micros(together.ts[row].as_py()) == exact


def test_a_format_of_their_own_is_read_with_the_zone_beside_it():
    rule = TimeRule(zone="America/New_York", format="%m/%d/%Y %I:%M %p")
    assert parsed(["07/01/2013 08:00 AM"], rule).ts.to_pylist() == [NOON]
    assert parsed(["07/01/2013 08:00 AM"], TimeRule(format=rule.format)).refused == {0: "naive_ts"}
    assert parsed(["2013-07-01T12:00:00Z"], rule).refused == {0: "bad_ts"}


def test_typed_times_without_a_zone_are_naive_as_well():
    naive = Values(2, time=pa.array([NOON.replace(tzinfo=None), None], pa.timestamp("us")))
    assert parse_times(naive, TimeRule()).refused == {0: "naive_ts"}
    assert parse_times(naive, TimeRule(zone="UTC")).ts.to_pylist() == [NOON, None]


def test_a_zone_is_one_of_the_worlds():
    assert known_zone("Asia/Shanghai")
    assert not any(known_zone(name) for name in ("Mars", "", "../etc", "America"))
