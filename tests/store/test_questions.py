from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from domain.column import Column
from domain.errors import InvalidWindowError, UnknownNameError
from domain.profile import ColumnKind, ColumnRole, Grid, GridKind
from domain.window import Rows, Window
from store.store import Store
from tests.store.made import START, at, batch, event, sorted_columns

NUMBER = Column("distance", ColumnKind.NUMBER)
TEXT = Column("carrier", ColumnKind.CATEGORY)
FLAG = Column("winter", ColumnKind.CATEGORY)
SCORE = Column("score", ColumnKind.NUMBER, ColumnRole.SCORE)
ANSWER = Column("prediction", ColumnKind.CATEGORY, ColumnRole.PREDICTION)
GRIDS = {
    NUMBER: Grid(GridKind.QUANTILES, np.array([100.0, 200.0, 300.0])),
    TEXT: Grid(GridKind.CATEGORIES, np.empty(0), ("UA", "AA")),
    FLAG: Grid(GridKind.CATEGORIES, np.empty(0), ("false", "true")),
    SCORE: Grid(GridKind.QUANTILES, np.array([0.5])),
    ANSWER: Grid(GridKind.CATEGORIES, np.empty(0), ("late", "early")),
}
# a gap behind the third, and two versions in turn
WINDOWS = [Window(at(60 * h), at(60 * h + 60)) for h in (0, 1, 2, 5, 6)]
VERSIONS = ["1", "1", "2", "2", "1"]


def made(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "minute": rng.integers(-30, 500, n),
            "version": rng.choice(["1", "2", "3"], n),
            "distance": rng.choice([50.0, 100.0, 150.0, 250.0, 300.0, np.inf, np.nan], n),
            "carrier": rng.choice(["UA", "AA", "B6", None], n),
            "winter": rng.choice([True, False, None], n),
            "score": rng.choice([0.1, 0.5, 0.9, np.nan], n),
            "prediction": rng.choice(["late", "early"], n),
        }
    )
    frame["window"] = -1
    for i, (window, version) in enumerate(zip(WINDOWS, VERSIONS, strict=True)):
        moments = START + pd.to_timedelta(frame["minute"], unit="min")
        inside = (moments >= window.start) & (moments < window.end) & (frame["version"] == version)
        frame.loc[inside, "window"] = i
    return frame


FRAME = made()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory):
    def kept(value: object) -> bool:
        return value is not None and value == value  # noqa: PLR0124 - NaN is not itself

    events = []
    for i, row in enumerate(FRAME.to_dict("records")):
        features = {k: row[k] for k in ("distance", "carrier", "winter") if kept(row[k])}
        fields = {k: row[k] for k in ("score", "prediction", "version") if kept(row[k])}
        events.append(event(row["minute"], request_id=f"r{i}", features=features, **fields))
    with Store.open(tmp_path_factory.mktemp("questions")) as store:
        # two loads, so that rows do not lie in the order of time
        store.load([batch(events[:400])], "a")
        store.load([batch(events[400:])], "b")
        yield store


def of_window(i: int) -> pd.DataFrame:
    return FRAME[FRAME["window"] == i]


def test_counts_are_those_of_a_loop_over_the_rows(filled: Store):
    found = filled.logs("m").counts(GRIDS, WINDOWS, VERSIONS)

    assert list(found) == list(GRIDS)
    for i in range(len(WINDOWS)):
        rows = of_window(i)
        x = rows["distance"]
        assert found[NUMBER].counts[i].tolist() == [
            (x < 100).sum(), ((x >= 100) & (x < 200)).sum(), ((x >= 200) & (x < 300)).sum(),
            (x >= 300).sum(), x.isna().sum(), 0,
        ]  # fmt: skip
        carriers = Counter(rows["carrier"].fillna("-"))
        wanted = [carriers["UA"], carriers["AA"], carriers["-"], carriers["B6"]]
        assert found[TEXT].counts[i].tolist() == wanted
        flags = Counter(rows["winter"].map({True: "t", False: "f"}).fillna("-"))
        assert found[FLAG].counts[i].tolist() == [flags["f"], flags["t"], flags["-"], 0]
        y = rows["score"]
        assert found[SCORE].counts[i].tolist() == [
            (y < 0.5).sum(),
            (y >= 0.5).sum(),
            y.isna().sum(),
            0,
        ]
        answers = Counter(rows["prediction"])
        assert found[ANSWER].counts[i].tolist() == [answers["late"], answers["early"], 0, 0]


def test_sorted_columns_hold_each_windows_values(filled: Store):
    found = sorted_columns(filled, "m", [NUMBER, SCORE], WINDOWS, VERSIONS)

    for column in (NUMBER, SCORE):
        for i, part in enumerate(found[column]):
            values = of_window(i)[column.name]
            finite = values[np.isfinite(values)]
            assert np.repeat(part.values, part.counts).tolist() == sorted(finite)
            assert part.missing == values.isna().sum()
            assert part.infinite == np.isinf(values).sum()


ROWS = Rows(tuple(WINDOWS), tuple(VERSIONS))


def test_the_values_of_all_windows_come_together_beside_those_of_each(filled: Store):
    late = Rows(ROWS.windows[2:], ROWS.versions[2:])

    found = filled.logs("m").each_sorted(
        [NUMBER], ROWS, late, lambda _, whole, parts: (whole, parts)
    )

    whole, parts = found[NUMBER]
    everything = FRAME.loc[FRAME["window"] >= 0, "distance"]
    assert whole.n == len(everything)
    assert (whole.missing, whole.infinite) == (everything.isna().sum(), np.isinf(everything).sum())
    assert [part.n for part in parts] == [len(of_window(i)) for i in (2, 3, 4)]


def test_only_the_values_within_some_intervals_are_read_where_those_are_asked_for(filled: Store):
    within = {NUMBER: [(100.0, 150.0), (np.inf, np.inf)], SCORE: [(0.4, 0.6)]}

    found = filled.logs("m").each_sorted(
        [NUMBER, SCORE], ROWS, ROWS, lambda _, whole, parts: (whole, parts), within=within
    )

    for column, intervals in within.items():
        whole, parts = found[column]
        for part, own in [(whole, FRAME[FRAME["window"] >= 0])] + [
            (part, of_window(i)) for i, part in enumerate(parts)
        ]:
            values = own[column.name]
            inside = sum((values >= low) & (values <= high) for low, high in intervals)
            wanted = sorted(values[inside > 0])
            assert np.repeat(part.values, part.counts).tolist() == [x for x in wanted if x < np.inf]
            assert (part.above, part.missing) == (wanted.count(np.inf), 0)


def test_a_share_of_the_rows_is_that_of_chosen_whole_seconds(tmp_path: Path):
    """Recounted by hand, as another engine would: the same rows whoever reads them."""
    share, seconds = 0.3, np.arange(4000)
    with Store.open(tmp_path / "thinned") as store:
        events = [
            event(second / 60 + part / 120, request_id=f"{second}.{part}", features={"n": second})
            for second in seconds.tolist()
            for part in (0, 1)
        ]
        for one in events:
            one["features"]["t"] = str(one["features"]["n"] % 3)
        store.load([batch(events)], "f")
        rows = Rows((Window(at(0), at(90)),), ("",))
        number, text = Column("n", ColumnKind.NUMBER), Column("t", ColumnKind.CATEGORY)

        found = store.logs("m").each_sorted(
            [number], rows, rows, lambda _, whole, parts: [whole, *parts], share=share
        )
        classes = store.logs("m").category_counts([text], rows, most=9, share=share)[text]

    moments = [int(e["ts"].timestamp()) for e in events]
    kept = [s % 2**31 * 2654435761 % 2**32 < int(share * 2**32) for s in moments]
    wanted = sorted(e["features"]["n"] for e, k in zip(events, kept, strict=True) if k)
    for column in found[number]:
        assert np.repeat(column.values, column.counts).tolist() == wanted
    assert len(wanted) / len(events) == pytest.approx(share, abs=0.03)
    assert classes.counts.sum() == len(wanted)


def test_categories_come_most_frequent_first_and_no_more_than_wanted(filled: Store):
    inside = FRAME[FRAME["window"] >= 0]

    every = filled.logs("m").category_counts([TEXT, FLAG], ROWS, most=99)
    first = filled.logs("m").category_counts([TEXT], ROWS, most=1)[TEXT]

    wanted = inside["carrier"].value_counts()
    found = every[TEXT]
    assert dict(zip(found.labels, found.counts.tolist(), strict=True)) == wanted.to_dict()
    assert found.counts.tolist() == sorted(found.counts.tolist(), reverse=True)
    assert found.missing == inside["carrier"].isna().sum()
    assert sorted(every[FLAG].labels) == ["false", "true"]
    assert (first.labels, first.counts.tolist()) == (found.labels[:1], found.counts.tolist()[:1])


def test_a_cells_mean_score_is_that_of_its_scored_rows(filled: Store):
    rows = FRAME[(FRAME["window"] >= 0) & FRAME["score"].notna()]

    by_cell, by_carrier = (
        filled.logs("m").cell_scores(column, GRIDS[column], ROWS) for column in (NUMBER, TEXT)
    )

    x = rows["distance"]
    parts = [x < 100, (x >= 100) & (x < 200), (x >= 200) & (x < 300), x >= 300, x.isna(), x == -1]
    np.testing.assert_allclose(by_cell, [rows.loc[part, "score"].mean() for part in parts])
    means = rows.fillna({"carrier": "-"}).groupby("carrier")["score"].mean()
    np.testing.assert_allclose(by_carrier, [means[name] for name in ("UA", "AA", "-", "B6")])


def test_row_counts_are_by_version_and_window(filled: Store):
    found = filled.logs("m").row_counts(WINDOWS)

    moments = START + pd.to_timedelta(FRAME["minute"], unit="min")
    for version in ("1", "2", "3"):
        own = moments[FRAME["version"] == version]
        wanted = [int(((own >= w.start) & (own < w.end)).sum()) for w in WINDOWS]
        assert found[version].tolist() == wanted


def test_counts_of_parts_add_up_to_the_whole(filled: Store):
    whole = [Window(START, START + timedelta(hours=4))]
    parts = [Window(at(60 * h), at(60 * h + 60)) for h in range(4)]

    one = filled.logs("m").counts(GRIDS, whole, ["1"])
    many = filled.logs("m").counts(GRIDS, parts, ["1"] * 4)

    for column in GRIDS:
        np.testing.assert_array_equal(many[column].total().counts, one[column].total().counts)


def test_a_window_is_half_open(store: Store):
    store.load([batch([event(0, score=0.5), event(60, score=0.5)])], "f")

    assert store.logs("m").row_counts([Window(at(0), at(60))])[""].tolist() == [1]


def test_no_window_gives_no_counts(filled: Store):
    assert filled.logs("m").counts(GRIDS, [], [])[NUMBER].counts.shape == (0, 6)
    assert sorted_columns(filled, "m", [NUMBER], [], []) == {NUMBER: []}
    assert filled.logs("m").row_counts([]) == {}


def test_what_does_not_exist_is_named_with_the_nearest_that_does(filled: Store):
    with pytest.raises(UnknownNameError, match="did you mean 'distance'"):
        sorted_columns(filled, "m", [Column("distanc", ColumnKind.NUMBER)], WINDOWS, VERSIONS)
    with pytest.raises(UnknownNameError, match="no model 'n'"):
        filled.logs("n").columns()


def test_windows_that_overlap_or_lack_a_version_are_refused(filled: Store):
    twice = [Window(at(0), at(60)), Window(at(30), at(90))]

    with pytest.raises(InvalidWindowError, match="before"):
        filled.logs("m").row_counts(twice)
    with pytest.raises(InvalidWindowError, match="one version per window"):
        filled.logs("m").counts(GRIDS, WINDOWS, ["1"])


def test_the_catalogue_tells_what_there_is(filled: Store):
    assert filled.models() == ("m",)
    assert set(filled.logs("m").columns()) == {*GRIDS}
    moments = START + pd.to_timedelta(FRAME["minute"], unit="min")
    span = filled.logs("m").data_span()
    assert span == Window(moments.min(), moments.max() + timedelta(microseconds=1))
    for info in filled.logs("m").deployments():
        own = FRAME["version"] == info.version
        assert (info.first, info.last) == (moments[own].min(), moments[own].max())
        assert info.predictions == info.calls == own.sum()


def test_a_column_of_two_types_is_compared_as_the_kind_it_had_first(store: Store):
    store.load([batch([event(0, score=0.5, features={"n": 7, "t": "7"})])], "f")
    changed = [
        event(1, score=0.5, features={"n": "8", "t": 8}),
        event(2, score=0.5, features={"n": "many", "t": 8.5}),
        event(3, score=0.5, features={"n": "9", "t": -3}),
    ]
    store.load([batch(changed)], "f")
    number, text = store.logs("m").columns()[:2]
    day = [Window(at(0), at(10))]

    assert (number.kind, text.kind) == (ColumnKind.NUMBER, ColumnKind.CATEGORY)
    [total] = sorted_columns(store, "m", [number], day, [""])[number]
    assert (total.values.tolist(), total.missing) == ([7.0, 8.0, 9.0], 1)
    grid = Grid(GridKind.CATEGORIES, np.empty(0), ("7", "8", "8.5", "-3"))
    assert store.logs("m").counts({text: grid}, day, [""])[text].counts.tolist() == [
        [1, 1, 1, 1, 0, 0]
    ]
