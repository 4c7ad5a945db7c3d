"""The text catalogue: every sentence a user reads, in every language, under one key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from string import Formatter

from domain.texts import (
    alerts,
    api,
    api_collect,
    api_document,
    api_elasticsearch,
    api_otlp,
    findings,
    guesses,
    page_alerts,
    page_calls,
    page_data,
    page_drift,
    page_fleet,
    page_performance,
    page_reports,
    page_resources,
    page_service,
    page_sources,
    page_versions,
    pages,
    rejections,
    reports,
    slices,
    slos,
    two_files,
)

LANGUAGES = ("en", "zh")
_PARTS = (
    findings,
    slices,
    slos,
    alerts,
    reports,
    rejections,
    guesses,
    two_files,
    api,
    api_collect,
    api_document,
    api_elasticsearch,
    api_otlp,
    pages,
    page_fleet,
    page_drift,
    page_alerts,
    page_calls,
    page_data,
    page_resources,
    page_service,
    page_sources,
    page_versions,
    page_performance,
    page_reports,
)


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Return every text by its key, then by language."""
    merged: dict[str, Mapping[str, str]] = {}
    for part in _PARTS:
        merged.update(part.TEXTS)
    return merged


def say(key: str, language: str = "en", /, **values: object) -> str:
    """
    Fill one text of the catalogue.

    Parameters
    ----------
    key : str
        For example ``"finding.psi.drifted"``.
    language : {"en", "zh"}
    **values
        What the text's ``{names}`` stand for; format specifications are the text's own.

    Raises
    ------
    KeyError
        If there is no such text or a value is not given: a fault of the code, held by tests.
    """
    return texts()[key][language].format(**values)


def names_in(template: str) -> frozenset[str]:
    """Return the value names that a text needs."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)
