"""`driftline.check` in a notebook or a script: data frames in, a result that shows itself out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import driftline
from domain.errors import InputError, UnknownNameError, UsageError
from jobs.cli import run

VOID = {"br", "hr", "img", "input", "meta", "link"}


def frame(seed: int, shift: float = 0.0, n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "amount": rng.normal(shift, 1, n),
            "device": rng.choice(["ios", "web"], n),
            "p": rng.random(n),
            "outcome": rng.integers(0, 2, n),
        }
    )


class Stream:
    """What polars and others are to us: something that hands out Arrow data."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


class Interchange:
    """A data frame that only knows the interchange protocol."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __dataframe__(self, *, nan_as_null: bool = False, allow_copy: bool = True) -> object:
        return self._table.__dataframe__(nan_as_null, allow_copy)


# --------------------------------------------------------------------------- what goes in


def test_importing_it_imports_nothing_heavy():
    heavy = ["pandas", "numpy", "scipy", "duckdb", "pyarrow", "click", "pydantic"]
    script = f"import sys, driftline; print([m for m in {heavy} if m in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("give", [
    lambda frame: frame,
    pa.Table.from_pandas,
    lambda frame: Stream(pa.Table.from_pandas(frame)),
    lambda frame: Interchange(pa.Table.from_pandas(frame)),
], ids=["pandas", "pyarrow", "arrow stream", "interchange"])  # fmt: skip
def test_any_data_frame_gives_the_same_findings(give):
    expected = driftline.check(frame(1), frame(2, 2.0)).run.findings
    assert driftline.check(give(frame(1)), give(frame(2, 2.0))).run.findings == expected


def test_paths_are_read_as_files(tmp_path):
    frame(1).to_csv(tmp_path / "a.csv", index=False)
    frame(2, 2.0).to_parquet(tmp_path / "b.parquet")
    result = driftline.check(tmp_path / "a.csv", str(tmp_path / "b.parquet"))
    assert result.drifted == ["amount"]
    with pytest.raises(InputError, match=r"nowhere\.csv: no such file"):
        driftline.check(tmp_path / "nowhere.csv", frame(1))


def test_what_is_no_table_is_refused_by_its_type():
    with pytest.raises(UsageError, match="current is of type list"):
        driftline.check(frame(1), [1, 2])


def test_the_frames_are_left_as_they_were():
    reference, current = frame(1), frame(2)
    driftline.check(reference, current)
    pd.testing.assert_frame_equal(reference, frame(1))
    pd.testing.assert_frame_equal(current, frame(2))


def test_named_columns_are_not_guessed():
    result = driftline.check(frame(1), frame(2), label="outcome", score="p")
    assert result.run.performance.task == "binary"
    assert set(result.run.performance.metrics) == {"roc_auc", "log_loss"}
    assert driftline.check(frame(1), frame(2)).run.performance is None


def test_a_prediction_can_be_named():
    sides = [side.assign(said=side["outcome"]) for side in (frame(1), frame(2))]
    result = driftline.check(*sides, label="outcome", prediction="said")
    assert result.run.performance.metrics["accuracy"] == 1.0


def test_columns_restrict_what_is_compared():
    result = driftline.check(frame(1), frame(2, 2.0), columns=["device", "p"])
    assert {finding.column for finding in result.run.findings} == {"device", "p"}


@pytest.mark.parametrize(
    "named", [{"label": "outcom"}, {"score": "outcom"}, {"columns": ["outcom"]}]
)
def test_a_column_that_is_in_neither_table_names_the_nearest(named):
    with pytest.raises(UnknownNameError, match="did you mean 'outcome'"):
        driftline.check(frame(1), frame(2), **named)


# --------------------------------------------------------------------------- what comes out


def test_drifted_lists_the_columns_worst_first():
    current = frame(2, 0.6).assign(p=frame(2)["p"] + 9)
    assert driftline.check(frame(1), current).drifted == ["p", "amount"]
    assert driftline.check(frame(1), frame(2)).drifted == []


def test_to_frame_has_a_row_for_each_finding():
    result = driftline.check(frame(1), frame(2, 2.0))
    table = result.to_frame()
    assert len(table) == len(result.run.findings)
    assert set(table.loc[table["verdict"] == "drifted", "column"]) == {"amount"}
    assert {"detector", "statistic", "p_value", "threshold", "sentence"} <= set(table.columns)


def test_to_frame_of_nothing_has_the_same_columns():
    empty = driftline.check(pd.DataFrame(), pd.DataFrame()).to_frame()
    assert list(empty.columns) == list(driftline.check(frame(1), frame(2)).to_frame().columns)


def test_to_json_is_what_the_command_prints(tmp_path, capsysbinary):
    frame(1).to_parquet(tmp_path / "a.parquet")
    frame(2, 2.0).to_parquet(tmp_path / "b.parquet")
    paths = str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")
    run(["check", *paths, "--json"])
    printed = json.loads(capsysbinary.readouterr().out)
    given = json.loads(driftline.check(*paths).to_json())
    assert given["runs"][0]["findings"] == printed["runs"][0]["findings"]
    assert given["tables"] == printed["tables"]


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("r.html", b"<!DOCTYPE html>"),
        ("r.json", b"{"),
        ("r.csv", b"\xef\xbb\xbfrow,"),
        ("r.md", b"# reference"),
        ("r.XML", b"<?xml"),
        ("r.txt", b"reference"),
    ],
)
def test_save_writes_the_format_of_the_ending(tmp_path, name, begins):
    written = driftline.check(frame(1), frame(2)).save(tmp_path / name)
    assert written == tmp_path / name
    assert written.read_bytes().startswith(begins)


def test_an_ending_without_a_format_names_those_there_are(tmp_path):
    with pytest.raises(UnknownNameError, match=r"\.htm'; did you mean '\.html'"):
        driftline.check(frame(1), frame(2)).save(tmp_path / "r.htm")
    assert not list(tmp_path.iterdir())


def test_its_repr_is_one_line_with_the_verdict():
    shown = repr(driftline.check(frame(1), frame(2, 2.0)))
    assert "\n" not in shown
    assert "1 of 4 columns drifted: amount" in shown


def test_printing_it_gives_the_commands_text():
    printed = str(driftline.check(frame(1), frame(2, 2.0)))
    assert printed.splitlines()[0].split() == ["reference", "reference,", "600", "rows"]


def test_it_speaks_chinese():
    result = driftline.check(frame(1), frame(2, 2.0), language="zh")
    assert "漂移" in repr(result)
    assert 'lang="zh-CN"' in result._repr_html_()


# --------------------------------------------------------------------------- the notebook


class Tags(HTMLParser):
    """Checks that elements are closed in order, and collects text and style."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.style = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data


def shown(result: driftline.CheckResult) -> Tags:
    tags = Tags()
    tags.feed(result._repr_html_())
    assert tags.open == []
    return tags


def test_a_notebook_shows_verdict_columns_and_drawings():
    result = driftline.check(frame(1), frame(2, 2.0), label="outcome", score="p")
    html = result._repr_html_()
    assert "1 of 4 columns drifted: amount" in html
    assert "ROC AUC" in html
    assert html.count('<svg class="mini"') == 4
    assert len(html) < 40_000


def test_no_rule_of_its_style_reaches_beyond_the_fragment():
    style = shown(driftline.check(frame(1), frame(2, 2.0))).style
    selectors = [s.strip() for rule in re.findall(r"([^{}]+)\{", style) for s in rule.split(",")]
    assert len(selectors) > 20
    assert all(selector.startswith(".driftline-result") for selector in selectors)


def test_text_takes_the_notebooks_colour_so_that_light_and_dark_fit():
    style = shown(driftline.check(frame(1), frame(2))).style
    assert set(re.findall(r"(?<![-\w])color: ([^;]+);", style)) == {"inherit"}
    assert "prefers-color-scheme" not in style


def test_the_fragment_runs_and_fetches_nothing():
    tags = shown(driftline.check(frame(1), frame(2)))
    assert not {"script", "iframe", "link", "img", "object"} & set(tags.seen)
    assert "url(" not in tags.style


def test_names_from_the_data_are_text_in_the_notebook():
    hostile = "<img src=x onerror=alert(1)>\x1b[2J{{ 7*7 }}"
    sides = [side.rename(columns={"amount": hostile}) for side in (frame(1), frame(2, 2.0))]
    html = driftline.check(*sides)._repr_html_()
    assert "<img" not in html
    assert "\x1b" not in html
    assert "{{ 7*7 }}" in html


def test_a_hundred_drifted_columns_stay_a_short_page():
    rng = np.random.default_rng(1)
    reference, current = (pd.DataFrame(rng.normal(m, 1, (200, 100))) for m in (0, 3))
    html = driftline.check(reference, current)._repr_html_()
    assert len(html) < 80_000
    assert "80 more" in html
