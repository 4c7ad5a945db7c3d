"""What the configuration says of privacy and of rejected lines, told to the store it is for."""

from __future__ import annotations

from datetime import datetime

from domain.privacy import PrivacyRules
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
    store.hide(rules_of, None if secret is None else secret.get_secret_value())


def drop_rejected(store: Store, config: Config, now: datetime) -> int:
    """Drop the rejected lines that are older than they are kept, and count them."""
    return store.drop_rejected(now - config.rejected.keep)
