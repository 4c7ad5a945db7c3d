"""Every page opens, in light and dark, wide and on a phone, over a full and an empty store."""

import pytest

from tests.browser.serving import complaints
from tests.browser.site import BUDGET_BYTES, ERROR_CARDS, PAGES
from tests.browser.visitor import Visitor

PHONE_PX = 420


def opens(visitor, path):
    assert visitor.heading() == PAGES[path]
    assert not [card for card in ERROR_CARDS if card in visitor.text()]
    assert visitor.received < BUDGET_BYTES


def wears(visitor, scheme):
    assert visitor.brightness() > 0.9 if scheme == "light" else visitor.brightness() < 0.2


def fits_a_phone(visitor, path):
    visitor.narrow(PHONE_PX)
    assert visitor.heading() == PAGES[path]
    assert visitor.too_wide() <= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_over_the_sample(served, visit, path, scheme):
    visitor = visit(served, path, scheme=scheme)
    opens(visitor, path)
    wears(visitor, scheme)
    assert "Data through 2013-12-31" in visitor.text()
    fits_a_phone(visitor, path)


@pytest.mark.parametrize(
    ("path", "scheme"), [*((path, "light") for path in PAGES), (next(iter(PAGES)), "dark")]
)
def test_a_page_opens_over_an_empty_store_and_says_how_to_fill_it(
    served_empty, visit, path, scheme
):
    visitor = visit(served_empty, path, scheme=scheme)
    opens(visitor, path)
    wears(visitor, scheme)
    assert f"{served_empty.url}/v1/predictions" in visitor.text()
    fits_a_phone(visitor, path)


def test_the_recorder_hears_of_foreign_requests_and_of_errors(chromium, served_empty):
    """Otherwise every test here would be green for nothing."""
    visitor = Visitor(chromium, served_empty.url)
    visitor.page.goto(f"{served_empty.url}/livez")
    visitor.page.evaluate("() => fetch('https://fonts.example/a.css').catch(() => null)")
    visitor.page.evaluate("() => { new WebSocket('ws://elsewhere.example/stream') }")
    visitor.page.evaluate("() => fetch('/v1/nothing')")
    visitor.page.evaluate("() => { setTimeout(() => { throw new Error('a slip') }) }")
    visitor.page.wait_for_timeout(300)
    visitor.context.close()
    assert visitor.foreign == ["https://fonts.example/a.css", "ws://elsewhere.example/stream"]
    assert [error for error in visitor.errors if "404" in error]
    assert [error for error in visitor.errors if "a slip" in error]


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22 20:11:02.120 `use_container_width` will be DEPRECATED",
        "DeprecationWarning: datetime.utcnow() is deprecated",
        "Traceback (most recent call last):",
    ],
)
def test_a_line_of_the_log_that_must_not_be_there_is_found(line):
    assert complaints(f"Driftline owns the store\n{line}\nstopped") == [line]
