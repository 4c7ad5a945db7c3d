"""The slices of a drifted column on the Drift page, as its run kept them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from app.queries.drift import detail
from app.queries.slices import slice_table
from domain.catalogue import LANGUAGES
from domain.finding import Finding, Verdict
from domain.located import Located, SliceReading, Where
from domain.slice import Slice, SliceKind
from tests.app.drift_views import START, finding, history, quiet


def reading(kind: SliceKind, value: str, part: float, psi: float | None) -> SliceReading:
    return SliceReading(
        slice=Slice("carrier", kind, value),
        n_reference=500,
        n_current=100,
        share_reference=0.5,
        share_current=0.25,
        psi=psi,
        part=part,
    )


READINGS = (
    reading(SliceKind.VALUE, "UA", 0.1, 0.02),
    reading(SliceKind.VALUE, "B6", 1.2, 0.81),
    reading(SliceKind.MISSING, "", -0.3, None),
    reading(SliceKind.OTHER, "", 0.0, 0.01),
)


def cut(where: Where, column: str = "fare", **changes: object) -> Finding:
    located = Located(where=where, named=READINGS[1], rest_psi=0.02, mix=0.1, readings=READINGS)
    made = finding(column, Verdict.DRIFTED, 1.5, **changes)
    return replace(made, values={**made.values, **located.values()})


def test_slices_stand_by_their_part_of_the_change_and_none_goes_below_nothing():
    table = slice_table([finding("fare", Verdict.OK), cut(Where.WITHIN)], "en")
    assert table is not None
    assert table.by == "carrier"
    assert [(row.name, row.part, row.psi) for row in table.rows] == [
        ("B6", 1.0, 0.81),
        ("UA", 0.1, 0.02),
        ("(rarer values)", 0.0, 0.01),
        ("(no value)", 0.0, None),
    ]


def test_a_column_whose_run_kept_no_slices_has_no_table():
    assert slice_table([finding("fare", Verdict.DRIFTED)], "en") is None
    quiet_one = history("fare", finding("fare", Verdict.OK), readings=quiet(5))
    assert detail(quiet_one, START, "en").slices is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_several_findings_the_first_says_where(language: str):
    again = cut(Where.WITHIN, reason="finding.forecast.drifted.missing")
    shown = detail(history("fare", cut(Where.WITHIN), again, readings=quiet(5)), START, language)
    assert shown.slices is not None
    assert len(shown.sentences) == 2
    assert ["carrier=B6" in sentence for sentence in shown.sentences] == [True, False]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("where", Where)
@pytest.mark.parametrize("named", range(len(READINGS)))
def test_every_answer_has_its_sentence(language: str, where: Where, named: int):
    located = Located(where=where, named=READINGS[named], rest_psi=None, mix=0.1, readings=READINGS)
    made = finding("fare", Verdict.DRIFTED, 1.5)
    told = replace(made, values={**made.values, **located.values()})
    (said,) = detail(history("fare", told, readings=quiet(5)), START, language).sentences
    (bare,) = detail(history("fare", made, readings=quiet(5)), START, language).sentences
    assert said.startswith(bare)
    assert "carrier" in said[len(bare) :]
    assert "{" not in said


def draw() -> None:
    """A page of one column whose run kept slices; the values of a reader may be markup."""
    from dataclasses import replace

    from app.components.slice_table import draw_slices
    from app.queries.slices import SliceRow, SliceTable
    from tests.app.test_slice_table import Speaking

    row = SliceRow(name="UA", share_reference=0.5, share_current=0.25, psi=0.814, part=0.9)
    rows = (row, replace(row, name="<b>", psi=None, part=0.1))
    draw_slices(Speaking(), SliceTable(by="car*rier*", rows=rows))  # type: ignore[arg-type]


class Speaking:
    """What the component needs of a page's context."""

    language = "en"

    def say(self, key: str, **values: object) -> str:
        from domain.catalogue import say

        return say(key, self.language, **values)


def test_the_table_shows_parts_psi_and_shares_in_percent():
    from streamlit.testing.v1 import AppTest

    shown = AppTest.from_function(draw, default_timeout=60).run()
    assert not shown.exception
    table: pd.DataFrame = shown.dataframe[0].value
    assert list(table["slice"]) == ["UA", "<b>"]
    assert list(table["part"]) == [90.0, 10.0]
    assert list(table.loc[0, ["reference", "current"]]) == [50.0, 25.0]
    assert table["psi"].isna().tolist() == [False, True]
    assert "*" not in shown.markdown[0].value.replace("**", "").replace("\\*", "")
