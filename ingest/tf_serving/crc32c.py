"""
CRC-32C of many records at once.

A CRC without its initial value is linear: it is the exclusive or of what each byte does alone, and
what a byte does depends on nothing but its distance from the end. So one table holds that for each
place of a block of 64 bytes, numpy looks all bytes up at once, and the values of 16 blocks, which
are 64 bytes again, are put together in the same way. Zeros in front change nothing, so records of
any length fill whole blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL: Final = 0x82F63B78  # Castagnoli's, reflected
_BLOCK_BYTES: Final = 64
_WORDS: Final = 16  # values of four bytes in a block of the next level
_AT_ONCE: Final = 4096  # blocks: what is looked up together stays in the processor's cache
_ONES: Final = np.uint32(0xFFFFFFFF)
_SHORTEST: Final = 4  # the initial value is laid over the first four bytes

Words = NDArray[np.uint32]
Bytes = NDArray[np.uint8]
Counts = NDArray[np.int64]


def crc32c(contents: Sequence[bytes | memoryview]) -> Words:
    """
    Compute the checksums of records.

    Parameters
    ----------
    contents : sequence of bytes
        Of any lengths.

    Returns
    -------
    ndarray of uint32, shape (n_records,)

    Examples
    --------
    >>> [hex(value) for value in crc32c([b"123456789", b""])]
    ['0xe3069283', '0x0']
    """
    if not contents:
        return np.empty(0, np.uint32)
    lengths = np.array([max(len(content), _SHORTEST) for content in contents], dtype=np.int64)
    counts = -(-lengths // _BLOCK_BYTES)
    words = _looked_up(_padded(contents, counts), _level(0))
    level = 0
    while counts.max() > 1:
        level += 1
        groups = -(-counts // _WORDS)
        words = _looked_up(_grouped(words, counts, groups), _level(level))
        counts = groups
    sums = words ^ _ONES
    for row, content in enumerate(contents):
        if len(content) < _SHORTEST:
            sums[row] = crc32c_of_few(bytes(content))
    return sums


def crc32c_of_few(content: bytes) -> int:
    """Compute the checksum of a few bytes, for which numpy takes too long to start."""
    table = _single_as_tuple()
    value = 0xFFFFFFFF
    for byte in content:
        value = (value >> 8) ^ table[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def masked(sums: Words) -> Words:
    """Return checksums as TFRecord files hold them: turned and shifted, as data may hold sums."""
    return ((sums >> np.uint32(15)) | (sums << np.uint32(17))) + np.uint32(0xA282EAD8)


def _padded(contents: Sequence[bytes | memoryview], counts: Counts) -> Bytes:
    """Lay the records end to end, each behind the zeros that fill its first block."""
    padded = np.zeros(int(counts.sum()) * _BLOCK_BYTES, np.uint8)
    for content, end in zip(contents, (np.cumsum(counts) * _BLOCK_BYTES).tolist(), strict=True):
        begin = end - len(content)
        padded[begin:end] = np.frombuffer(content, np.uint8)
        if len(content) >= _SHORTEST:
            padded[begin : begin + _SHORTEST] ^= np.uint8(0xFF)
    return padded


def _grouped(words: Words, counts: Counts, groups: Counts) -> Bytes:
    """Lay each record's values end to end, behind zeros that fill its first group."""
    into = np.zeros(int(groups.sum()) * _WORDS, "<u4")
    shift = np.cumsum(groups) * _WORDS - np.cumsum(counts)
    into[np.arange(len(words)) + np.repeat(shift, counts)] = words
    return into.view(np.uint8)


def _looked_up(content: Bytes, table: Words) -> Words:
    blocks = content.reshape(-1, _BLOCK_BYTES)
    places = np.arange(_BLOCK_BYTES, dtype=np.intp) * 256
    words = np.empty(len(blocks), np.uint32)
    for begin in range(0, len(blocks), _AT_ONCE):
        end = begin + _AT_ONCE
        done = table.take(blocks[begin:end] + places)
        np.bitwise_xor.reduce(done, axis=1, out=words[begin:end])
    return words


@cache
def _single() -> Words:
    """Return what a zero byte makes of each value below 256."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> np.uint32(1)) ^ np.where(table & 1, _POLYNOMIAL, 0).astype(np.uint32)
    return table


@cache
def _single_as_tuple() -> tuple[int, ...]:
    return tuple(_single().tolist())


def _step(values: Words) -> Words:
    """Advance values by one zero byte."""
    return (values >> np.uint32(8)) ^ _single()[values & np.uint32(0xFF)]


@cache
def _level(number: int) -> Words:
    """Return what each byte of a block does, shape (64 * 256,); of level 0 bytes, else values."""
    table = np.empty((_BLOCK_BYTES, 256), np.uint32)
    if number == 0:
        values = np.arange(256, dtype=np.uint32)
        for place in reversed(range(_BLOCK_BYTES)):
            values = table[place] = _step(values)
        return table.ravel()
    jump = _jump(number)
    values = np.arange(256, dtype=np.uint32) << (np.arange(4, dtype=np.uint32)[:, None] * 8)
    for word in reversed(range(_WORDS)):
        table[4 * word : 4 * word + 4] = values
        values = _applied(jump, values)
    return table.ravel()


@cache
def _jump(number: int) -> Words:
    """Return what the zeros between two values of a level make of each byte, shape (4, 256)."""
    if number == 1:
        values = np.arange(256, dtype=np.uint32) << (np.arange(4, dtype=np.uint32)[:, None] * 8)
        for _ in range(_BLOCK_BYTES):
            values = _step(values)
        return values
    jump = _jump(number - 1)
    for _ in range(4):  # twice, four, eight, sixteen times as far
        jump = _applied(jump, jump)
    return jump


def _applied(jump: Words, values: Words) -> Words:
    parts = [jump[byte][(values >> np.uint32(8 * byte)) & np.uint32(0xFF)] for byte in range(4)]
    return parts[0] ^ parts[1] ^ parts[2] ^ parts[3]
