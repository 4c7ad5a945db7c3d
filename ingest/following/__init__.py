"""Files that grow, are renamed, cut off and packed, read as far as they go."""
