"""The address that a server listens on."""

from __future__ import annotations

import errno
import ipaddress
import socket

from domain.errors import UsageError

_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """
    Listen on an address, from now on and before anything else is made ready.

    Parameters
    ----------
    host : str
        Name or number; ``0.0.0.0`` is every address of this machine.
    port : int
        0: any that is free.

    Raises
    ------
    UsageError
        If it is none of this machine, in use, or not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise UsageError(
            f"host {host!r} is no address: {error.strerror}; use 127.0.0.1, or 0.0.0.0 for every "
            "address of this machine"
        ) from error
    family, kind, protocol, _, address = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(_told(error, host, port)) from error
    return listening


def _told(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"port {port} of {host} is in use; choose another with --port, or end what "
                "listens there"
            )
        case errno.EADDRNOTAVAIL:
            return (
                f"host {host!r} is no address of this machine; use 127.0.0.1, or 0.0.0.0 for "
                "every address it has"
            )
        case errno.EACCES:
            return f"port {port} may not be used by this user; choose one above 1023 with --port"
        case _:
            return f"{host}:{port} cannot be listened on: {error.strerror}; choose another"


def port_of(listening: socket.socket) -> int:
    """Return the port, also where it was chosen by the system."""
    return int(listening.getsockname()[1])


def is_loopback(listening: socket.socket) -> bool:
    """Return whether only this machine can reach it."""
    return ipaddress.ip_address(listening.getsockname()[0]).is_loopback


def url_here(listening: socket.socket) -> str:
    """Return the URL under which this machine reaches it."""
    address = ipaddress.ip_address(listening.getsockname()[0])
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    host = f"[{address}]" if address.version == 6 else str(address)
    return f"http://{host}:{port_of(listening)}"
