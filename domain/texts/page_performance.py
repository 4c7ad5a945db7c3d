"""Texts of the Performance page, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {}
