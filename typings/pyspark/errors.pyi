# ruff: noqa: N818
class PySparkException(Exception):
    def getCondition(self) -> str | None: ...  # noqa: N802
