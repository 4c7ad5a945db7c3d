"""Models whose logs are read where they lie: from the configuration to the store that asks them."""

from __future__ import annotations

import logging

from domain.errors import DriftlineError
from ingest.in_place import InPlace
from monitors.config import Config
from monitors.privacy_config import PrivacyConfig
from monitors.source_config import SourceConfig
from store.store import Store

log = logging.getLogger(__name__)


def sources_of(config: Config) -> dict[str, SourceConfig]:
    """Return the sources that monitors name, by model."""
    named = {name: config.monitor(name).source for name in config.monitors if "*" not in name}
    return {name: source for name, source in named.items() if source is not None}


def attach_sources(store: Store, config: Config) -> None:
    """
    Let the sources answer for their models; nothing is read yet.

    What was counted of files of models that have no source any more is counted anew.

    Raises
    ------
    ConfigurationError
        If a path names no place.
    """
    for model, named in sources_of(config).items():
        source = _without_hidden(named, config.monitor(model).privacy)
        if source.path is not None and source.engine == "duckdb":
            store.attach_files(model, source.path, InPlace(source.mapping, model))
        else:
            store.attach_spark(model, source.source())
    store.forget_sources()


def _without_hidden(source: SourceConfig, privacy: PrivacyConfig | None) -> SourceConfig:
    """Leave out of a source what is not to be looked at."""
    hidden = () if privacy is None else privacy.hidden_in_place()
    if not hidden:
        return source
    mapping = source.mapping
    exclude = (*mapping.exclude, *hidden)
    return source.model_copy(update={"map": mapping.model_copy(update={"exclude": exclude})})


def look(store: Store, model: str | None = None) -> None:
    """
    Look which files there are now, before models are judged.

    A source that cannot be reached is logged, and its windows fail until it can be; what was known
    of it stays known.

    Parameters
    ----------
    store : Store
    model : str, optional
        Default: all models.

    Raises
    ------
    InputError
        If nothing was ever known of the model that was named.
    """
    for name in sorted(store.elsewhere) if model is None else [model]:
        try:
            store.look(name)
        except DriftlineError as error:
            if model is not None and store.logs(model).data_span() is None:
                raise
            log.warning("source.unreachable", extra={"model": name, "error": str(error)})
