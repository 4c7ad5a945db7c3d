"""The table of the Data page that says where old rows go."""

from __future__ import annotations

from app.queries import tiers
from reports import numbers
from tests.app.data_views import NOW, model, stored, tier


def test_rows_that_nothing_moves_are_said_to_stay_for_good() -> None:
    [row] = tiers.rows(stored(model()), "en")

    assert (row.archive, row.kept) == ("stay in the store", "for good")
    assert (row.archived, row.dropped) == (numbers.DASH, numbers.DASH)


def test_an_archive_and_what_is_kept_are_said_with_their_units() -> None:
    told = tier(
        archive_to="s3://logs/models?endpoint=http://10.0.0.1:9000",
        archive_after_days=90.0,
        keep_days=400.0,
        keep_bytes=20_000_000_000,
        rows=1234567,
        size_bytes=45_000_000,
        files=12,
        dropped_before=NOW,
    )
    [row] = tiers.rows(stored(model(tiers=told)), "en")

    assert row.archive == "after 90 days to s3://logs/models"
    assert "1,234,567" in row.archived
    assert "400 days" in row.kept
    assert "20" in row.kept
    assert "GB" in row.kept
    assert "2026" in row.dropped
    assert "天，不超过" in tiers.rows(stored(model(tiers=told)), "zh")[0].kept


def test_models_come_in_the_order_of_their_names_and_damage_is_summed() -> None:
    view = stored(model("b", tiers=tier(damaged=2, lost_rows=7)), model("a", tiers=tier(damaged=1)))

    assert [row.model for row in tiers.rows(view, "zh")] == ["a", "b"]
    assert (tiers.damaged(view), tiers.lost(view)) == (3, 7)


def test_the_table_stands_only_where_rows_go_or_went() -> None:
    assert not tiers.is_told(stored(model("a"), model("b")))
    reasons = ({"archive_to": "x"}, {"keep_days": 1.0}, {"keep_bytes": 0}, {"files": 1})
    for reason in (*reasons, {"dropped_before": NOW}):
        assert tiers.is_told(stored(model("a"), model("b", tiers=tier(**reason))))
