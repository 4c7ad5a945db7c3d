"""What a word of the command line or the configuration says is to be followed."""

from __future__ import annotations

from ingest.bucket import BucketFiles, names_bucket
from ingest.following.found import FollowedPlace, LocalFiles


def followed_place(word: str) -> FollowedPlace:
    """
    Return what looks for the files that a word names.

    Parameters
    ----------
    word : str
        A file, a folder, a pattern, or ``s3://BUCKET/PREFIX``.

    Raises
    ------
    ConfigurationError
        If it is an address that names no bucket, or holds credentials.
    """
    return BucketFiles(word) if names_bucket(word) else LocalFiles(word)
