"""Columns that are hashed or left out before anything of them is stored."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.errors import ConfigurationError
from domain.privacy import PrivacyRules, meant
from domain.resource import ResourceSample

# 128 bits: of 10^12 different values two are alike with a chance of 10^-15
_HEX_DIGITS: Final = 32
# up to here every integer is a double
_EXACT_INTEGER: Final = 2**53 - 1
_MOST_MODELS: Final = 1_024
_SALT: Final = "privacy_salt"
_PROOF: Final = "privacy_proof"
_FIND: Final = """
    select value
    from meta
    where name = $name
"""
_NOTE: Final = """
    insert into meta
    values ($name, $value)
"""
_NOTHING: Final = PrivacyRules()


def without_rules(_model: str) -> PrivacyRules:
    """Return that nothing of a model is hidden."""
    return _NOTHING


class Privacy:
    """
    The rules of every model, and the key of the hashes.

    Parameters
    ----------
    rules_of : callable
        From a model to its rules.
    anywhere : bool
        Whether any model may have rules.
    key : bytes
    of_anybody : PrivacyRules
        For what names no model, and may be of any: all rules that there are.
    """

    def __init__(
        self,
        rules_of: Callable[[str], PrivacyRules] = without_rules,
        *,
        anywhere: bool = False,
        key: bytes = b"",
        of_anybody: PrivacyRules = _NOTHING,
    ) -> None:
        # senders may name any model
        self._rules_of = lru_cache(_MOST_MODELS)(rules_of)
        self._anywhere = anywhere
        self._key = key
        self._of_anybody = of_anybody

    def rules(self, model: str) -> PrivacyRules:
        """Return the rules of a model."""
        return self._rules_of(model) if self._anywhere else _NOTHING

    def conceals(self, model: str | None) -> bool:
        """
        Return whether a line that could not be read may hold what is not to be stored.

        Parameters
        ----------
        model : str or None
            None: it is not known whose line it is.
        """
        return self._anywhere if model is None else bool(self.rules(model))

    def of_text(self, value: str) -> str:
        """Return the hash of a value, as rows hold it."""
        digest = hmac.digest(self._key, value.encode(), hashlib.sha256)
        return digest.hex()[:_HEX_DIGITS]

    def events(self, model: str, events: pa.Table, features: pa.Table) -> tuple[pa.Table, pa.Table]:
        """
        Return the rows of a model as they may be stored.

        Parameters
        ----------
        model : str
        events, features : Table
            As `store.store.Store.load` takes them.
        """
        rules = self.rules(model)
        if not rules:
            return events, features
        for name in sorted(rules.dropped | rules.hashed):
            kind, own = meant(name)
            dropped = name in rules.dropped
            if kind == "feature":
                features = self._column(features, own, dropped=dropped)
            elif kind == "field":
                events = self._column(events, own, dropped=dropped)
        return self._tags(events, rules), features

    def labels(self, model: str, labels: pa.Table) -> pa.Table:
        """Return labels whose ids are those of the rows that they are told of."""
        rules = self.rules(model)
        for name in ("prediction_id", "request_id"):
            if name in rules.hashed or name in rules.dropped:
                labels = self._column(labels, name, dropped=name in rules.dropped)
        return labels

    def samples(self, samples: Sequence[ResourceSample]) -> Sequence[ResourceSample]:
        """Return samples of resource use whose replicas are called as the calls call them."""
        return [self._sample(one) for one in samples] if self._anywhere else samples

    def _sample(self, sample: ResourceSample) -> ResourceSample:
        rules = self._of_anybody if sample.model is None else self.rules(sample.model)
        if sample.replica is None or "replica" not in rules.hashed | rules.dropped:
            return sample
        dropped = "replica" in rules.dropped
        return replace(sample, replica=None if dropped else self.of_text(sample.replica))

    def values(self, column: pa.Array) -> pa.Array:
        """
        Return the hashes of a column's values; a missing one stays missing.

        Parameters
        ----------
        column : Array
            Texts, numbers or booleans. The number 3 and the text "3" have one hash.

        Returns
        -------
        StringArray
        """
        coded = _spelled(column).dictionary_encode()
        distinct = [self.of_text(value) for value in coded.dictionary.to_pylist()]
        return pa.array(distinct, pa.string()).take(coded.indices)

    def _column(self, table: pa.Table, name: str, *, dropped: bool) -> pa.Table:
        places = [i for i, own in enumerate(table.column_names) if own == name]
        for place in reversed(places):
            column = table.column(place)
            if not dropped:
                hashes = self.values(column.combine_chunks())
                table = table.set_column(place, name, hashes)
            elif table.num_columns > 1:
                table = table.remove_column(place)
            else:  # a table without columns forgets how many rows it has
                table = table.set_column(place, name, pa.nulls(table.num_rows))
        return table

    def _tags(self, events: pa.Table, rules: PrivacyRules) -> pa.Table:
        named = {name: meant(name) for name in rules.dropped | rules.hashed}
        tags = {own: name in rules.dropped for name, (kind, own) in named.items() if kind == "tag"}
        if not tags or "tags" not in events.column_names:
            return events
        coded = events.column("tags").combine_chunks().cast(pa.string()).dictionary_encode()
        written = [self._without(text, tags) for text in coded.dictionary.to_pylist()]
        place = events.column_names.index("tags")
        return events.set_column(place, "tags", pa.array(written, pa.string()).take(coded.indices))

    def _without(self, text: str, tags: Mapping[str, bool]) -> str | None:
        members: dict[str, str] = json.loads(text)
        for name, dropped in tags.items():
            if dropped:
                members.pop(name, None)
            elif name in members:
                members[name] = self.of_text(members[name])
        if not members:
            return None
        return json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _spelled(column: pa.Array) -> pa.Array:
    """Write values so that equal ones are equal texts: whole numbers without point."""
    if not pa.types.is_floating(column.type):
        return column.cast(pa.string())
    numbers = np.asarray(column.fill_null(0.5), np.float64) + 0.0
    exact = (np.floor(numbers) == numbers) & (np.abs(numbers) <= _EXACT_INTEGER)
    shortest = pc.cast(column, pa.string())
    integers = pa.array(np.where(exact, numbers, 0).astype(np.int64), mask=~exact)
    return pc.coalesce(pc.cast(integers, pa.string()), shortest)


def key_of(connection: duckdb.DuckDBPyConnection, secret: str | None) -> bytes:
    """
    Return the key of a store's hashes: made of the secret, else of a salt that the store keeps.

    Parameters
    ----------
    connection : DuckDBPyConnection
        In a write transaction.
    secret : str or None

    Raises
    ------
    ConfigurationError
        If the hashes in the store were made with another: labels would find no predictions, and
        every hashed column would have changed.
    """
    key = secret.encode() if secret else bytes.fromhex(_kept(connection, _SALT, _new_salt))
    # tells nothing of the key, and is none of the hashes
    proof = hmac.digest(key, b"driftline: proof of the key", hashlib.sha256).hex()
    if _kept(connection, _PROOF, lambda: proof) != proof:
        used = "another secret" if secret else "a secret"
        raise ConfigurationError(
            f"what is hashed in the store was hashed with {used}; give the same `privacy.secret` "
            "again, or begin a new store"
        )
    return key


def _new_salt() -> str:
    return secrets.token_hex(32)


def _kept(connection: duckdb.DuckDBPyConnection, name: str, make: Callable[[], str]) -> str:
    found = connection.execute(_FIND, {"name": name}).fetchall()
    if found:
        return str(found[0][0])
    value = make()
    connection.execute(_NOTE, {"name": name, "value": value})
    return value
