from collections.abc import Mapping
from typing import Any, Self

import pyarrow as pa

class DataType:
    def simpleString(self) -> str: ...  # noqa: N802

class StructField:
    name: str
    dataType: DataType  # noqa: N815

class StructType(DataType):
    fields: list[StructField]

class DataFrame:
    @property
    def schema(self) -> StructType: ...
    def createOrReplaceTempView(self, name: str) -> None: ...  # noqa: N802
    def toArrow(self) -> pa.Table: ...  # noqa: N802

class DataFrameReader:
    def option(self, key: str, value: str) -> Self: ...
    def parquet(self, *paths: str) -> DataFrame: ...

class RuntimeConfig:
    def set(self, key: str, value: str) -> None: ...

class SparkSession:
    class Builder:
        def appName(self, name: str) -> Self: ...  # noqa: N802
        def master(self, master: str) -> Self: ...
        def config(self, key: str, value: str) -> Self: ...
        def getOrCreate(self) -> SparkSession: ...  # noqa: N802

    builder: Builder
    conf: RuntimeConfig
    read: DataFrameReader
    catalog: Any
    sparkContext: Any  # noqa: N815
    @classmethod
    def getActiveSession(cls) -> SparkSession | None: ...  # noqa: N802
    def newSession(self) -> SparkSession: ...  # noqa: N802
    def sql(self, query: str, args: Mapping[str, object] | None = None) -> DataFrame: ...
    def table(self, name: str) -> DataFrame: ...
    def createDataFrame(self, data: pa.Table) -> DataFrame: ...  # noqa: N802
    def stop(self) -> None: ...
