"""Bodies of language models in OpenAI's manner: their sizes and ends, never their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest.exchange import Decoded
from ingest.json_exact import UnfitError
from ingest.payload.json_text import Json, parse_json

_SETTINGS: Final = (
    "model",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "stream",
)
_USAGE: Final = (
    "prompt_tokens",
    "completion_tokens",
    "input_tokens",
    "output_tokens",
    "total_tokens",
)
# of answers without choices: the newer form of an answer, and embeddings
_ANSWERS: Final = ("response", "list")
_SPOKEN: Final = frozenset({"role", "content"})
_EVENT: Final = b"data:"
_DONE: Final = b"[DONE]"


def is_chat_request(body: Mapping[str, Json]) -> bool:
    """Return whether an object asks a language model: what it asks is not kept."""
    if isinstance(body.get("messages"), list):
        return True
    return "model" in body and ("prompt" in body or _is_words(body.get("input")))


def _is_words(value: Json) -> bool:
    """Return whether an input is what somebody said, not the numbers of a service of one's own."""
    said = value if isinstance(value, list) else [value]
    return bool(said) and all(
        isinstance(one, str) or (isinstance(one, dict) and not _SPOKEN.isdisjoint(one))
        for one in said
    )


def is_chat_answer(body: Mapping[str, Json]) -> bool:
    """Return whether an object is what a language model answered."""
    if isinstance(body.get("choices"), list):
        return "usage" in body or "object" in body
    return body.get("object") in _ANSWERS and isinstance(body.get("usage"), dict)


def decode_chat_request(body: Mapping[str, Json]) -> Decoded:
    """Decode the settings of a request and the number of its messages."""
    columns = {
        key: [body[key]] for key in _SETTINGS if isinstance(body.get(key), str | int | float)
    }
    messages = body.get("messages")
    if isinstance(messages, list):
        columns["messages"] = [len(messages)]
    return Decoded(1, columns)


def decode_chat_answer(body: Mapping[str, Json]) -> Decoded:
    """
    Decode the token counts of an answer and why it ended.

    They are features: facts under ``features.<name>``, for they describe the call, and the model
    has no one prediction.
    """
    facts: dict[str, Json] = {}
    usage = body.get("usage")
    if isinstance(usage, dict):
        facts |= {f"features.{k}": usage[k] for k in _USAGE if isinstance(usage.get(k), int)}
    reasons = [
        choice["finish_reason"]
        for choice in body.get("choices") or ()
        if isinstance(choice, dict) and isinstance(choice.get("finish_reason"), str)
    ]
    if reasons:
        facts["features.finish_reason"] = reasons[0]
    if isinstance(body.get("id"), str):
        facts["request_id"] = body["id"]
    return Decoded(0, {}, facts)


def decode_stream(content: bytes) -> Decoded | None:
    """Decode an answer that came as server-sent events; None where it is none."""
    if not content.startswith(_EVENT):
        return None
    merged: dict[str, Json] = {"choices": []}
    for line in content.splitlines():
        event = line.removeprefix(_EVENT).strip()
        if not line.startswith(_EVENT) or event == _DONE:
            continue
        try:
            chunk = parse_json(event)
        except UnfitError:
            return None
        if isinstance(chunk, dict) and isinstance(chunk.get("choices"), list):
            merged["choices"] += chunk["choices"]
            merged |= {key: chunk[key] for key in ("id", "usage") if chunk.get(key)}
    return decode_chat_answer(merged) if merged["choices"] else None
