"""Texts of what the HTTP interface answers, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {}
