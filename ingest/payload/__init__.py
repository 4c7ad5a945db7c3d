"""What is inside the envelopes: the one decoder of request and answer bodies."""

from ingest.payload.decode import decode_request, decode_response

__all__ = ["decode_request", "decode_response"]
