"""Parquet that was never loaded, read where it lies."""
