"""The page: one file, nothing fetched, readable by eyes, ears, printers and phones."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from domain.finding import Verdict
from domain.incident import AlertState, Cause
from reports import html
from reports.html import render
from tests.reports import views
from tests.reports.nine_months import nine_months

LIMIT_BYTES = 500_000
VOID = {"meta", "link", "br", "img", "hr", "input"}
ALL_VIEWS = [
    views.empty,
    views.failed,
    views.no_data,
    views.view,
    views.two_files,
    views.hostile,
    nine_months,
]


class Page(HTMLParser):
    """Elements of a page in order; fails where they are not nested properly."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text_of: dict[str, list[str]] = {}
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.text_of.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.text_of[tag][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.mark.parametrize("make", ALL_VIEWS)
def test_a_page_runs_nothing_and_fetches_nothing(make) -> None:
    page = render(make())
    parsed = Page(page)
    tags = {tag for tag, _ in parsed.elements}
    assert not tags & {"script", "iframe", "object", "embed", "link", "img", "form", "base"}
    for tag, attributes in parsed.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("href", "src", "xlink:href", "action", "srcset", "data"):
                assert (value or "").startswith("#"), (tag, name, value)
    css = "".join(parsed.text_of["style"])
    assert "url(" not in css
    assert "@import" not in css


@pytest.mark.parametrize("make", ALL_VIEWS)
def test_headings_never_skip_a_level(make) -> None:
    levels = [
        int(tag[1]) for tag, _ in Page(render(make())).elements if re.fullmatch("h[1-6]", tag)
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("make", ALL_VIEWS)
def test_every_drawing_is_named_or_hidden_from_those_who_cannot_see_it(make) -> None:
    page = render(make()).decode()
    for drawing in re.findall(r'<svg [^>]*class="(?:chart|mini)"[^>]*>(.{0,400})', page, re.DOTALL):
        assert re.match(r"<title>[^<]+</title>", drawing)
    outer = re.findall(r"<svg ([^>]*)>", page)
    for attributes in outer:
        named = 'role="img"' in attributes
        hidden = 'aria-hidden="true"' in attributes
        inner = "preserveAspectRatio" in attributes
        assert named or hidden or inner


def test_the_worst_case_fits_into_half_a_megabyte() -> None:
    view = nine_months()
    columns = tuple(
        replace(column, history=_restless(column.history), column=replace(column.column))
        for column in view.columns
    )
    incidents = tuple(
        replace(incident, incident_id=f"{incident.incident_id}-{i}")
        for i in range(20)
        for incident in view.incidents
    )
    worst = replace(view, columns=columns, incidents=incidents)
    assert len(worst.columns) == 36
    assert len(render(worst)) <= LIMIT_BYTES


def _restless(history):
    """Let every second window alarm: nothing can be merged."""
    return tuple(
        replace(reading, statistic=12.0 * (i % 2), drifted=i % 2 == 1)
        for i, reading in enumerate(history)
    )


@pytest.mark.parametrize(("language", "code"), [("en", "en"), ("zh", "zh-CN")])
def test_the_page_names_its_language(language: str, code: str) -> None:
    assert Page(render(views.view(), language)).all("html") == [{"lang": code}]


def test_the_verdict_comes_before_the_incidents_and_the_columns_after_them() -> None:
    page = render(nine_months()).decode()
    order = [page.index(mark) for mark in ('class="claim"', 'class="incident"', 'class="columns"')]
    assert order == sorted(order)


def test_open_incidents_come_before_those_that_are_over() -> None:
    page = render(nine_months()).decode()
    cards = re.findall(r'<article class="incident( over)?"', page)
    assert cards == ["", " over", " over", " over", " over"]


def test_what_is_beyond_the_cards_is_still_listed() -> None:
    alerts = [views.over(views.alert(f"column_{i}", Cause.DRIFT, i, i + 2)) for i in range(40)]
    incidents = tuple(views.incident(f"i-{i}", alert) for i, alert in enumerate(alerts))
    page = render(views.view(incidents=incidents)).decode()
    assert page.count('<article class="incident over"') == html.page.CARDS
    assert all(f"column_{i} drifts" in page for i in range(40))


def test_a_column_that_recovered_is_not_shown_as_evidence_of_its_incident() -> None:
    alert = views.alert("temp", Cause.DRIFT, 260, 272)
    still_open = render(views.view(incidents=(views.incident("i", alert),))).decode()
    resolved = views.incident("i", views.over(alert))
    assert resolved.state is AlertState.RESOLVED
    over = render(views.view(incidents=(resolved,))).decode()
    assert "temp: Distribution" in still_open
    assert "temp: Distribution" not in over


def test_a_blind_column_says_so_instead_of_a_visible_shift() -> None:
    page = Page(render(views.view(columns=(views.column_view("precip", Verdict.BLIND),))))
    cells = [text.strip() for text in page.text_of["td"]]
    assert "blind" in cells
    assert not any(re.fullmatch(r"[\d.]+ sd", cell) for cell in cells)


def test_runs_without_distributions_still_show_every_column() -> None:
    findings = (views.finding("temp", Verdict.DRIFTED), views.finding("dewp", Verdict.OK))
    page = Page(render(views.view(runs=(views.run(findings=findings),), columns=())))
    assert page.text_of["code"][:2] == ["temp", "dewp"]
    assert any("its shape is further" in text.lower() for text in page.text_of["td"])


def test_a_hostile_name_is_shown_and_not_obeyed() -> None:
    page = render(views.hostile())
    assert b"<script" not in page
    assert b"<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.decode()
    assert "\x1b" not in page.decode()
    assert "\u202e" not in page.decode()


def test_a_retired_version_does_not_count_as_now() -> None:
    quiet_now = views.run("2", 272)
    drifted_then = views.run("1", 100, findings=(views.finding("temp", Verdict.DRIFTED),))
    page = Page(render(views.view(runs=(quiet_now, drifted_then))))
    values = [text for text in page.text_of["dd"] if " of " in text]
    assert values == ["0 of 1"]


# ------------------------------------------------------------------ colours


def _colours(scheme: str) -> dict[str, str]:
    css = (html._TEMPLATES / "report.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", light if scheme == "light" else dark))


def _luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * d for d in digits)
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("text", "page"),
        ("muted", "page"),
        ("text", "raised"),
        *((tone, f"{tone}-tint") for tone in ("ok", "warning", "critical", "info", "unknown")),
        *(("text", f"{tone}-tint") for tone in ("ok", "warning", "critical", "info", "unknown")),
        *((tone, "page") for tone in ("warning", "critical", "current")),
    ],
)
def test_text_keeps_the_contrast_that_small_type_needs(ink: str, paper: str, scheme: str) -> None:
    colours = _colours(scheme)
    assert _contrast(colours[ink], colours[paper]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("line", ["reference", "current", "third", "fourth"])
def test_lines_keep_the_contrast_that_drawings_need(line: str, scheme: str) -> None:
    colours = _colours(scheme)
    assert _contrast(colours[line], colours["page"]) >= 3


def test_dark_mode_names_every_colour_that_light_mode_does() -> None:
    assert _colours("light").keys() == _colours("dark").keys()


def test_every_colour_that_is_used_is_defined() -> None:
    css = (html._TEMPLATES / "report.css").read_text(encoding="utf-8")
    assert set(re.findall(r"var\(--([\w-]+)\)", css)) - {"tone", "tint"} <= _colours("light").keys()


def test_every_style_that_a_drawing_wears_is_in_the_style_sheet() -> None:
    css = (html._TEMPLATES / "report.css").read_text(encoding="utf-8")
    drawn = "".join(re.findall(r"<svg .*?</svg>", render(nine_months()).decode(), re.DOTALL))
    worn = {name for names in re.findall(r'class="([^"]+)"', drawn) for name in names.split()}
    assert {name for name in worn if f".{name}" not in css} <= {"chart", "tick"}
