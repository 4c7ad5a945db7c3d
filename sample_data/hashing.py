"""Repeatable draws: one number per flight and purpose, without a random state."""

import zlib

import numpy as np
import numpy.typing as npt

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def hash_numbers(numbers: npt.NDArray[np.int64], purpose: str) -> npt.NDArray[np.uint64]:
    """
    Hash whole numbers with SplitMix64, salted by a purpose.

    Parameters
    ----------
    numbers : ndarray of int64, shape (n,)
        What to hash; here the running number of a flight.
    purpose : str
        Salt: two purposes give unrelated hashes of the same number.

    Returns
    -------
    ndarray of uint64, shape (n,)
        Hashes, uniform over 64 bits.

    References
    ----------
    Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators.

    Examples
    --------
    >>> hash_numbers(np.array([1, 2]), "canary").tolist() == hash_numbers(
    ...     np.array([1, 2]), "canary"
    ... ).tolist()
    True
    """
    salt = np.uint64(zlib.crc32(purpose.encode()))
    state = (numbers.astype(np.uint64) + (salt << np.uint64(32))) * _GAMMA + _GAMMA
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    return state ^ (state >> np.uint64(31))


def uniform(numbers: npt.NDArray[np.int64], purpose: str) -> npt.NDArray[np.float64]:
    """
    Turn whole numbers into repeatable uniform draws.

    Parameters
    ----------
    numbers : ndarray of int64, shape (n,)
        What to hash.
    purpose : str
        Salt of the draw.

    Returns
    -------
    ndarray of float64, shape (n,)
        Values in [0, 1).

    Examples
    --------
    >>> draws = uniform(np.arange(10_000), "canary")
    >>> bool(abs(draws.mean() - 0.5) < 0.01)
    True
    """
    return (hash_numbers(numbers, purpose) >> np.uint64(11)).astype(np.float64) / 2.0**53
