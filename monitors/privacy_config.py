"""`privacy:` and `rejected:`: what is never stored as it came, and for how long what is odd is."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from domain.privacy import NEVER_DROPPED, NEVER_HIDDEN, TAGS, PrivacyRules, meant
from monitors.config_values import Duration
from store.rejected import MOST_LINES


class PrivacyConfig(BaseModel):
    """Columns of a model that are hashed or left out before anything of them is stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hash: tuple[str, ...] = Field(
        default=(),
        description=(
            "Features, prediction_id, request_id, trace_id, replica or tags.NAME: equal values "
            "become equal texts of 32 digits, so that drift, slices and labels still work. "
            "feature.NAME is a feature that is called like one of the others."
        ),
    )
    drop: tuple[str, ...] = Field(
        default=(),
        description="Features, request_id, trace_id, replica, tags or tags.NAME: left out.",
    )

    @field_validator("hash", "drop")
    @classmethod
    def _can_be_hidden(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name in NEVER_HIDDEN:
                raise ValueError(
                    f"{name} is what is judged and cannot be hidden; a feature of that name is "
                    f"'feature.{name}'"
                )
        return names

    @model_validator(mode="after")
    def _one_of_both(self) -> PrivacyConfig:
        for name in self.drop:
            if name in self.hash:
                raise ValueError(f"{name} is in hash and in drop; take it out of one")
            if name in NEVER_DROPPED:
                raise ValueError(f"without {name} no label finds its prediction; hash it instead")
        if TAGS in self.hash:
            raise ValueError("name the tags to hash one by one: tags.NAME")
        return self

    def rules(self) -> PrivacyRules:
        """Return the rules as the store knows them."""
        return PrivacyRules(frozenset(self.hash), frozenset(self.drop))

    def hidden_in_place(self) -> tuple[str, ...]:
        """
        Return the features to leave out of logs that are read where they lie.

        Raises
        ------
        ValueError
            If a rule cannot be kept there.
        """
        if self.hash:
            raise ValueError(
                f"hash ({', '.join(self.hash)}) cannot be kept: the logs are read where they lie, "
                "as they are; give the model a `privacy:` of its own, with drop alone"
            )
        fields = [name for name in self.drop if meant(name)[0] != "feature"]
        if fields:
            raise ValueError(
                f"drop ({', '.join(fields)}) cannot be kept: the logs are read where they lie; "
                "drop names features there"
            )
        return tuple(meant(name)[1] for name in self.drop)


class SecretConfig(BaseModel):
    """The key of hashes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: SecretStr | None = Field(
        default=None,
        min_length=8,
        description=(
            "Key of the hashes, from the environment: ${NAME}. Absent: a random one that the "
            "store keeps, so that whoever has the store can try out values."
        ),
    )


class RejectedConfig(BaseModel):
    """How long lines that could not be read are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep: Duration = Field(
        default=timedelta(days=30), description="Age from which they are dropped."
    )
    most: int = Field(
        default=MOST_LINES,
        ge=1,
        description="Lines; of more the oldest are dropped, and beyond 256 MB of them, too.",
    )
