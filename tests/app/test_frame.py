"""The frame: every page says what it looks at, and what is wrong in one card."""

from tests.app.conftest import texts_of


def test_the_front_page_says_until_when_there_is_data(dashboard):
    shown = dashboard.open("fleet")
    assert not shown.exception
    assert shown.title[0].value == "Fleet"
    assert "Data through 2013-12-31 23:59 UTC" in texts_of(shown)


def test_an_empty_store_shows_how_to_send_the_first_prediction(empty_dashboard):
    shown = empty_dashboard.open("fleet")
    assert not shown.exception
    assert "/v1/predictions" in shown.code[0].value
