"""What holds for every report, in every format and language, whatever the view holds."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import orjson
import pytest
from junitparser import JUnitXml

from domain.errors import UnknownNameError
from domain.headlines import headline
from monitors.report_view import ReportView
from reports.judgement import judge
from reports.plain import printable
from reports.registry import FORMATS, render
from tests.reports import views
from tests.reports.nine_months import nine_months

VIEWS: dict[str, Callable[[], ReportView]] = {
    "nothing judged": views.empty,
    "failed run": views.failed,
    "no data": views.no_data,
    "quiet": views.view,
    "two files": views.two_files,
    "hostile names": views.hostile,
    "nine months": nine_months,
}
every_view = pytest.mark.parametrize("name", VIEWS)
every_language = pytest.mark.parametrize("language", ["en", "zh"])


class Words(HTMLParser):
    """The text that a reader of a page sees."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser gives it
        self.hidden += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)


def _of_html(page: bytes) -> str:
    return "".join(Words(page).words)


def _of_json(page: bytes) -> str:
    return "\n".join(str(leaf) for leaf in _leaves(orjson.loads(page)))


def _of_csv(page: bytes) -> str:
    rows = list(csv.DictReader(io.StringIO(page.decode("utf-8-sig"), newline="")))
    assert all(None not in row for row in rows)
    return "\n".join(cell.removeprefix("'") for row in rows for cell in row.values())


def _of_junit(page: bytes) -> str:
    root = JUnitXml.fromstring(page)
    assert root.tests == sum(suite.tests for suite in root)
    return page.decode()


def _of_markdown(page: bytes) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", page.decode())


def _of_github(page: bytes) -> str:
    return _of_markdown(page).replace("\u200b", "").replace("## [", "##[")


READ: dict[str, Callable[[bytes], str]] = {
    "text": bytes.decode,
    "html": _of_html,
    "json": _of_json,
    "csv": _of_csv,
    "md": _of_markdown,
    "junit": _of_junit,
    "github": _of_github,
}


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _squeezed(text: str) -> str:
    """Take away what a format may change: line breaks and escapes of control characters."""
    return re.sub(r"\s+", " ", printable(text).replace("\ufffd", ""))


def _as_written(text: str, format_: str) -> str:
    """Write a sentence as the format must: XML has no control characters and escapes markup."""
    if format_ != "junit":
        return _squeezed(text)
    kept = "".join(c for c in text if c in "\t\n\r" or ord(c) >= 32)
    escaped = kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _squeezed(escaped)


@every_view
@every_language
@pytest.mark.parametrize("format_", FORMATS)
def test_every_report_says_the_verdict_and_every_incident(
    format_: str, language: str, name: str
) -> None:
    view = VIEWS[name]()
    text = _squeezed(READ[format_](render(view, format_, language)))
    judgement = judge(view, language)
    said = [*judgement.facts, judgement.claim] if format_ == "html" else [judgement.sentence]
    for sentence in [*said, *(headline(incident, language) for incident in view.incidents)]:
        assert _as_written(sentence, format_) in text


@every_view
@pytest.mark.parametrize("format_", FORMATS)
def test_no_report_holds_a_number_that_is_not_finite(format_: str, name: str) -> None:
    text = READ[format_](render(VIEWS[name](), format_, "en"))
    assert not re.search(r"\b(nan|inf|infinity)\b", text, re.IGNORECASE)


@every_view
def test_the_json_of_a_report_holds_finite_numbers_only(name: str) -> None:
    leaves = _leaves(orjson.loads(render(VIEWS[name](), "json")))
    assert all(math.isfinite(leaf) for leaf in leaves if isinstance(leaf, float))


@every_view
@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_view_gives_the_same_bytes(format_: str, name: str) -> None:
    assert render(VIEWS[name](), format_) == render(VIEWS[name](), format_)


@pytest.mark.parametrize("format_", sorted(set(FORMATS) - {"json", "csv"}))
def test_chinese_reports_are_chinese(format_: str) -> None:
    text = READ[format_](render(views.view(), format_, "zh"))
    assert "漂移" in text
    for english in ("drifted", "calibrated", "Columns", "error budget", "Nothing"):
        assert english not in text


def test_an_unknown_format_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'html'"):
        render(views.view(), "htm")
