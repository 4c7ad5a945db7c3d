"""What a reader has to tell of rows that are read where they lie: which column is what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from store.registry import FeatureType

Mask = NDArray[np.bool_]
Column = pa.Array | pa.ChunkedArray


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """
    Some fields of some rows, in the types that are kept.

    Parameters
    ----------
    columns : dict of str to Array
        By field of `domain.event.FIELDS`, without the model.
    others : ndarray of bool, shape (n_rows,)
        Which rows are of other models.
    refused : dict of int to str
        The reason, by row that is no event.
    """

    columns: dict[str, pa.Array]
    others: Mask
    refused: dict[int, str]


class RowForm(Protocol):
    """Which column of a file is which field, and what its values mean."""

    @property
    def identity(self) -> str:
        """A text that differs wherever rows would be read otherwise."""
        ...

    @property
    def zone(self) -> str:
        """Zone of times that are written without one."""
        ...

    def types(self, schema: pa.Schema) -> dict[str, pa.DataType]:
        """Return the type of each column by path: the members of some structs are columns."""
        ...

    def opened(self, batch: pa.RecordBatch) -> dict[str, Column]:
        """Return the columns of some rows by path."""
        ...

    def features(
        self, columns: Mapping[str, pa.DataType], partitions: Collection[str]
    ) -> dict[str, str]:
        """
        Return the column of each feature by the feature's name.

        Parameters
        ----------
        columns : mapping of str to DataType
            All of a file, by path.
        partitions : collection of str
            Those of them that the names of folders tell: features only where they are listed.

        Raises
        ------
        InputError
            If two columns make one feature, or a column that the mapping names is not there.
        """
        ...

    def paths(self, fields: Collection[str], columns: Collection[str]) -> list[str]:
        """Return the columns that some fields are read from."""
        ...

    def fields(self, columns: Mapping[str, Column], n_rows: int, wanted: Collection[str]) -> Fields:
        """Read fields of some rows; rows are judged by these fields alone."""
        ...

    def kinds(self, path: str, column: pa.DataType) -> tuple[FeatureType, ...]:
        """Return the types that values of a column can have; more than one: it depends on them."""
        ...

    def feature(self, path: str, values: Column) -> dict[FeatureType, pa.Array]:
        """Return the values of a feature by their type; a type without any is absent."""
        ...
