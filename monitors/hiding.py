"""What the configuration says of privacy and of rejected lines, told to the store it is for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.erasure import Erasing
from domain.privacy import PrivacyRules, meant
from ingest.table import TableSource
from monitors.config import Config
from store.store import Store


def look_after(store: Store, config: Config) -> None:
    """
    Let a store hide what is not to be kept, from now on, and bound what could not be read.

    Parameters
    ----------
    store : Store
    config : Config

    Raises
    ------
    ConfigurationError
        If the hashes in the store were made with another secret.
    """
    store.keep_rejected(config.rejected.most)
    if not any(settings.get("privacy") for settings in config.monitors.values()):
        return

    def rules_of(model: str) -> PrivacyRules:
        privacy = config.monitor(model).privacy
        return PrivacyRules() if privacy is None else privacy.rules()

    secret = config.privacy.secret
    every = [rules_of(pattern) for pattern in config.monitors]
    of_anybody = PrivacyRules(
        frozenset[str]().union(*(rules.hashed for rules in every)),
        frozenset[str]().union(*(rules.dropped for rules in every)),
    )
    store.hide(rules_of, None if secret is None else secret.get_secret_value(), of_anybody)


def drop_rejected(store: Store, config: Config, now: datetime) -> int:
    """Drop the rejected lines that are older than they are kept, and count them."""
    return store.drop_rejected(now - config.rejected.keep)


def hidden(table: TableSource, store: Store, model: str) -> TableSource:
    """Return a file's columns as the store would hold them: hashed, or not there."""
    rules = store.privacy.rules(model)
    if not rules:
        return table
    hashed, dropped = (
        {own for kind, own in map(meant, names) if kind == "feature"}
        for names in (rules.hashed, rules.dropped)
    )
    return table.rewritten(dict.fromkeys(hashed, store.privacy.values), dropped)


def as_stored(wanted: Erasing, store: Store) -> Erasing:
    """Return what to erase with the values that stand in the store instead of hidden ones."""
    privacy = store.privacy
    names = {meant(name) for name in privacy.rules(wanted.model).hashed}
    conditions = tuple(
        replace(one, value=privacy.of_text(one.value)) if meant(one.field) in names else one
        for one in wanted.conditions
    )
    return replace(wanted, conditions=conditions)
