"""What of a model's rows is never stored as it came: hashed, or left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# fields of an event that name somebody or something, and that nothing but equality is asked of
NAMES: Final = ("prediction_id", "request_id", "trace_id", "replica")
# labels find their predictions by it
NEVER_DROPPED: Final = ("prediction_id",)
# what is judged; hashed or left out there would be nothing to watch
NEVER_HIDDEN: Final = (
    *("model", "version", "ts", "prediction", "score", "label"),
    *("latency_ms", "status", "sampling_rate"),
)
# all of them
TAGS: Final = "tags"
TAG: Final = f"{TAGS}."
FEATURE: Final = "feature."


@dataclass(frozen=True, slots=True)
class PrivacyRules:
    """
    What happens to columns of one model before anything of them is stored.

    A name is one of `NAMES`, ``tags``, ``tags.NAME``, a feature, or ``feature.NAME`` for a
    feature that is called like one of the others.

    Parameters
    ----------
    hashed : frozenset of str
        Equal values become equal texts that tell nothing of them without the key.
    dropped : frozenset of str
    """

    hashed: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return bool(self.hashed or self.dropped)


def meant(name: str) -> tuple[str, str]:
    """
    Return what a name in a rule means: ``"field"``, ``"tag"`` or ``"feature"``, and its own name.

    Parameters
    ----------
    name : str
        As in `PrivacyRules`.
    """
    if name in NAMES or name == TAGS:
        return "field", name
    if name.startswith(TAG):
        return "tag", name.removeprefix(TAG)
    return "feature", name.removeprefix(FEATURE)
