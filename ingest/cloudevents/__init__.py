"""CloudEvents of serving platforms: the envelope, and what KServe, Seldon, Azure put in it."""
