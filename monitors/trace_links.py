"""Links from a call to its trace, in Jaeger or whatever shows traces under an address."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator

from domain.calls import LoggedCall
from domain.trace import span_id_of, trace_id_of
from monitors.web_address import checked_address

_PLACE: Final = re.compile(r"\{(\w+)\}")
_KNOWN: Final = frozenset({"trace_id", "span_id", "start_ms", "end_ms"})


def _checked(template: str) -> str:
    """Return a template of an address."""
    address = checked_address(template)
    scheme, _, rest = address.partition("://")
    if "{" in rest.partition("/")[0]:
        raise ValueError(f"the host of {address!r} may not hang on a call")
    names = set(_PLACE.findall(address))
    if "trace_id" not in names:
        raise ValueError(
            f"{address!r} names no trace; write {{trace_id}} where its id belongs, as in "
            f"{scheme}://jaeger:16686/trace/{{trace_id}}"
        )
    for name in sorted(names - _KNOWN):
        known = ", ".join(f"{{{one}}}" for one in sorted(_KNOWN))
        raise ValueError(f"{{{name}}} is not known of a call; there are {known}")
    return address


TraceURL = Annotated[str, AfterValidator(_checked)]


def trace_link(template: str, call: LoggedCall) -> str | None:
    """
    Return the address of a call's trace; None where it has none.

    Parameters
    ----------
    template : str
        As a configuration has it. A span that is not known is an empty text there.
    call : LoggedCall
        Its trace id comes from a log: what is no id makes no link.
    """
    trace_id = None if call.trace_id is None else trace_id_of(call.trace_id)
    if trace_id is None:
        return None
    taken = timedelta(milliseconds=min(max(call.latency_ms or 0.0, 0.0), 86_400_000.0))
    values = {
        "trace_id": trace_id,
        "span_id": (call.span_id and span_id_of(call.span_id)) or "",
        "start_ms": str(_milliseconds(call.ts)),
        "end_ms": str(_milliseconds(call.ts + taken) + 1),
    }
    return _PLACE.sub(lambda place: values[place[1]], template)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
