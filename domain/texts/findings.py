"""Texts about findings: each in English and Chinese, side by side, so that neither is forgotten."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {}
