"""Rows older than what is kept go everywhere; what was counted of them stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from domain.window import Window
from store.store import Store
from tests.store.archived import answers, archive_all
from tests.store.made import START, batch, event

DAY = timedelta(days=1)
NOW = START + 100 * DAY
WINDOWS = [Window(START + i * DAY, START + (i + 1) * DAY) for i in range(4)]


def _events() -> list[dict[str, object]]:
    return [
        event(
            minute,
            version="1",
            prediction_id=f"p{minute}",
            prediction="x" if minute % 7 else None,
            status=200,
            latency_ms=float(minute % 50 + 1),
            label="late" if minute % 3 == 0 else None,
            features={"n": float(minute)},
        )
        for minute in range(0, 4 * 1440, 37)
    ]


def _fresh(events: list[dict[str, object]], folder: Path) -> dict[str, object]:
    with Store.open(folder) as store:
        store.load([batch(events)], "a")
        return answers(store, "m", WINDOWS[2:])


@pytest.mark.parametrize("archived_days", [0, 1, 3])
def test_what_is_left_is_what_a_store_without_the_old_days_holds(
    tmp_path: Path, archived_days: int
) -> None:
    made = _events()
    with Store.open(tmp_path / "s") as store:
        store.load([batch(made)], "a")
        archive_all(store, "m", START + archived_days * DAY, tmp_path / "cold", NOW)
        bound = START + 2 * DAY

        for day in store.days_to_drop("m", bound, None):
            store.drop_before("m", day, "me", NOW)

        left = answers(store, "m", WINDOWS[2:])
        old = [
            file for file in (tmp_path / "cold").rglob("*.parquet") if "07-02" in file.parent.name
        ]
        labels = store.sql("select count(*) from labels").to_pylist()
    kept = [e for e in made if e["ts"] >= bound]  # type: ignore[operator]
    expected = _fresh(kept, tmp_path / "t")
    # features of other days stay known
    assert {k: v for k, v in left.items() if k != "columns"} == {
        k: v for k, v in expected.items() if k != "columns"
    }
    assert old == []
    assert labels == [{"count_star()": sum(1 for e in kept if e["label"])}]


def test_hours_of_dropped_rows_keep_what_was_counted_of_them(tmp_path: Path) -> None:
    whole = Window(START, START + 4 * DAY)
    with Store.open(tmp_path / "s") as store:
        store.load([batch(_events())], "a")
        store.refresh_call_hours()
        before = store.call_hours("m", "1", whole, 3600).total.tolist()

        store.drop_before("m", START + 2 * DAY, "me", NOW)
        store.load([batch([event(5, version="1", status=200, prediction="y")])], "late")
        store.refresh_call_hours()

        assert store.call_hours("m", "1", whole, 3600).total.tolist() == before
        assert store.refresh_call_hours() == 0


def test_a_label_without_a_time_goes_with_its_prediction_and_not_with_one_that_stays(
    tmp_path: Path,
) -> None:
    import pyarrow as pa

    with Store.open(tmp_path / "s") as store:
        store.load(
            [
                batch(
                    [
                        event(5, prediction_id="old", prediction="x"),
                        event(6, prediction_id="both", prediction="x", version="1"),
                        event(1445, prediction_id="both", prediction="x", version="2"),
                    ]
                )
            ],
            "a",
        )
        told = pa.table({"prediction_id": ["old", "both", "early"], "label": ["l", "l", "l"]})
        store.load_labels([("m", told)], "b")
        archive_all(store, "m", START + 2 * DAY, tmp_path / "cold", NOW)

        store.drop_before("m", START + DAY, "me", NOW)

        left = store.sql("select prediction_id from labels order by all").to_pylist()
        assert [row["prediction_id"] for row in left] == ["both", "early"]


def test_the_oldest_days_go_until_the_rest_fits(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        store.load([batch(_events())], "a")
        archive_all(store, "m", START + 4 * DAY, tmp_path / "cold", NOW)
        sizes: dict[str, int] = {}
        for file in store.archived_files():
            day = file.day.isoformat()
            sizes[day] = sizes.get(day, 0) + file.size_bytes
        by_day = [sizes[day] for day in sorted(sizes)]

        assert store.days_to_drop("m", None, sum(by_day)) == []
        assert store.days_to_drop("m", None, sum(by_day) - 1) == [START + DAY]
        assert store.days_to_drop("m", None, sum(by_day[2:])) == [START + DAY, START + 2 * DAY]


def test_what_was_moved_and_dropped_is_kept_with_who_did_it(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        store.load([batch([event(5, prediction="x"), event(1445, prediction="x")])], "a")
        archive_all(store, "m", START + DAY, tmp_path / "cold", NOW)
        store.drop_before("m", START + DAY, "ada", NOW)

        rows = store.sql(
            "select what, who, predictions, calls, files, moved_at from tier_moves order by what"
        ).to_pylist()

    when = NOW.replace(tzinfo=None)
    assert rows == [
        {"what": w, "who": who, "predictions": 1, "calls": 1, "files": 2, "moved_at": when}
        for w, who in (("archived", "test"), ("dropped", "ada"))
    ]
    assert not list((tmp_path / "cold").rglob("*.parquet"))
