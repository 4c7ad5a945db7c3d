"""Where a model's rows lie, and who answers questions about them there."""
