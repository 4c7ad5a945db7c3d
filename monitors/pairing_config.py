"""`pairing:`: how long the other side of a call is waited for, where logs tell both apart."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from monitors.config_values import Duration
from store.kept_halves import ANSWERS_WITHIN


class PairingConfig(BaseModel):
    """Calls whose request and answer come in two records."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wait: Duration = Field(
        default=ANSWERS_WITHIN,
        description=(
            "Time after which a request without an answer is a failed call; also how far apart "
            "the times of both may lie."
        ),
    )
