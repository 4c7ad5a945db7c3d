"""Texts of the frame around every page, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {}
