"""CRC-32C of many records against the definition, bit by bit."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.tf_serving.crc32c import crc32c
from tests.formats.test_tf_serving import bitwise_crc


@given(st.lists(st.binary(max_size=300), max_size=6), st.integers(1000, 40_000))
@settings(max_examples=40)
def test_checksums_are_those_of_the_definition_whatever_the_lengths(contents, length):
    some = [*contents, (b"abcdefg" * 6000)[:length] if length < 3000 else b"", b"123456789"]
    assert crc32c(some).tolist() == [bitwise_crc(content) for content in some]


def test_the_checksum_of_a_long_record_is_that_of_the_definition():
    long = bytes(range(256)) * 300
    assert crc32c([long, b"x", long[:65_537]]).tolist() == [
        bitwise_crc(long),
        bitwise_crc(b"x"),
        bitwise_crc(long[:65_537]),
    ]
