"""What a command says when it fails: one line on standard error, and the exit code for it."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

import click

from domain.errors import DriftlineError
from jobs.output import discard_output

INTERRUPTED = 130

_SPACE = "free some space and try again"
_RIGHTS = "change its rights, or choose another place"
# what the system refuses, wherever it happens; anything else is a fault of ours
ADVICE = {
    errno.ENOSPC: _SPACE,
    errno.EFBIG: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
    errno.ENAMETOOLONG: "choose a shorter name",
}


def answer(error: BaseException) -> int:
    """
    Say what went wrong and return the exit code for it.

    Parameters
    ----------
    error : BaseException
        What ended a command; raised again where it is none that a user could be told of.
    """
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return 2
    if _reader_left(error):
        discard_output()
        return 0
    message, code = _told(error)
    # one line, and nothing in it that a terminal would obey: values come from files
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message)
    with contextlib.suppress(OSError):
        click.echo(f"driftline: {shown}", err=True)
    return code


def _reader_left(error: BaseException) -> bool:
    """Return whether the reader of our output has left, as `| head` does."""
    if isinstance(error, BrokenPipeError):
        return True
    # click puts something of its own in the place of a broken pipe and leaves with 1, which for us
    # means a violation
    return isinstance(error, SystemExit) and error.code == 1 and sys.stdout is not sys.__stdout__


def _told(error: BaseException) -> tuple[str, int]:
    if _interrupted(error):
        return "interrupted; what was stored before stays stored", INTERRUPTED
    match error:
        case click.ClickException():
            return _of_usage(error), 2
        case DriftlineError():
            return str(error), error.exit_code
        case OSError() if error.errno in ADVICE:
            where = f"{error.filename}: " if error.filename is not None else ""
            return f"{where}{error.strerror}; {ADVICE[error.errno]}", 2
        case Exception() if not os.environ.get("DRIFTLINE_DEBUG"):
            return (
                f"internal error: {type(error).__name__}: {error}; "
                "this is a fault of Driftline: set DRIFTLINE_DEBUG=1 to see where"
            ), 2
        case _:
            raise error


def _interrupted(error: BaseException | None) -> bool:
    """Return whether Ctrl-C is behind an error: libraries turn it into errors of their own."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt | click.Abort):
            return True
        error = error.__cause__ or error.__context__
    return False


def _of_usage(error: click.ClickException) -> str:
    """Say what is wrong with a command line, and where its options are listed."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else "driftline"
    return f"{error.format_message().rstrip('.')}; see '{command} --help'"
