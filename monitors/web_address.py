"""Addresses of other servers as a configuration names them."""

from __future__ import annotations

from urllib.parse import urlsplit


def checked_address(text: str) -> str:
    """
    Return an address as it was written, without white space around it.

    Parameters
    ----------
    text : str

    Raises
    ------
    ValueError
        If it is not of http or https, names no host, or holds a password: whoever sees the
        configuration sees the address.
    """
    address = text.strip()
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{address!r} is no address: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{address!r} is no address of http or https; write http://HOST:PORT")
    if "@" in parts.netloc:
        raise ValueError("the address holds a name or password; take it out of there")
    if any(sign.isspace() or not sign.isprintable() for sign in address):
        raise ValueError(f"{address!r} holds white space")
    return address
