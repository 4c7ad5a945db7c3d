"""Days that were moved to files: still part of every answer."""
