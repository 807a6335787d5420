"""What DuckDB raises while the catalogue is read or written, as the errors of a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.disk import refusal
from store.errors import StoreDamaged, StoreOutOfMemory


@contextmanager
def told_as_ours(path: Path) -> Iterator[None]:
    """Tell DuckDB's errors about the catalogue at `path` as ours; one that only a mistake of our own makes passes."""
    import duckdb

    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise StoreDamaged(
            f"{path} is not a memcli catalogue: {str(error).splitlines()[0]}",
            hint="name the right place with --memory",
        ) from error
    except duckdb.Error as error:
        known = StoreOutOfMemory.of(path, error)
        if (
            known is None
            and not isinstance(error, duckdb.IOException | duckdb.FatalException | duckdb.TransactionException)
            and ("orrupt" not in str(error) and type(error) is not duckdb.Error)
        ):
            raise
        raise (
            known
            or refusal(path, error)
            or StoreDamaged(
                f"{path} cannot be read or written: {str(error).splitlines()[0]}",
                hint="`memcli check` says what is damaged, `memcli repair` mends what can be mended",
            )
        ) from error
