"""Where results go: standard output, whose reader may leave, or a file."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from domain.errors import InputError


def discard_output() -> None:
    """Send what is still to be printed nowhere: its reader has left, as `| head` does."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(result: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(result, ensure_ascii=False, indent=2))


def write(content: bytes, out: str) -> None:
    """
    Write a result to a file or to standard output.

    Parameters
    ----------
    content : bytes
    out : str
        Path; folders are made where they are missing. ``-`` is standard output.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if out == "-":
        click.echo(content, nl=False)
        return
    try:
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        Path(out).write_bytes(content)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror or error}; choose another place"
        ) from error
    click.echo(f"wrote {out} ({len(content):,} bytes)", err=True)
