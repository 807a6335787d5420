"""Whether the index is what the embedder makes of the catalogue, and bringing a damaged store back to order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from memcli.ingest.indexing import index_outbox
from memcli.progress import Progress
from store import erase
from store.store import Store
from store.whole_index import sample

if TYPE_CHECKING:
    from engines.protocols import Embedder
    from store.check import Finding

SAMPLED = 256
"""Turns whose vectors a check makes again."""

VECTOR_TOLERANCE = 2e-3
"""Largest difference between a vector's component and the same made again: vectors are kept in half precision."""


def check_vectors(store: Store, embedder: Embedder) -> list[Finding]:
    """Whether the index's vectors are those that the embedder makes, by a sample spread over all of it."""
    import numpy as np

    from store.check import Finding

    def wrong(what: str) -> list[Finding]:
        return [Finding(kind="vectors", where="index", what=what, mend="build it anew from the catalogue")]

    if store.seal or not store.index.exists:
        return []
    known = store.embedder
    if known != embedder.id:
        return wrong(f"its vectors are of the embedder {known}, not of {embedder.id}")
    said, vectors = sample(store.index, SAMPLED)
    if not said:
        return []
    made = embedder.embed(said)
    if made.shape != vectors.shape:
        return wrong(f"its vectors have {vectors.shape[1]} dimensions, the embedder makes {made.shape[1]}")
    differing = int((np.abs(made - vectors).max(axis=1) > VECTOR_TOLERANCE).sum())
    return wrong(f"{differing} of {len(said)} vectors are not of their turns") if differing else []


def repair(store: Store, embedder: Embedder, progress: Progress, tell: Callable[[str], None]) -> list[Finding]:
    """Mend the store and tell what was done. Only under the writer lock. Returns what is still wrong."""
    from store import repair as mending
    from store.check import INDEX_ERRORS, check, check_index

    mending.mend_files(store, tell)
    mending.mend_catalogue(store, tell)
    store.fold_spool()
    if store.erasing:
        erase.finish(store)
        tell("finished a deletion that was cut off")
    try:
        with store.reading() as catalogue:
            broken: list[Any] = [finding for finding in check_index(catalogue, store) if finding.kind == "index"]
        broken = broken or check_vectors(store, embedder)
    except INDEX_ERRORS as error:
        tell(f"the index cannot be read: {str(error).splitlines()[0]}")
        broken = [error]
    if broken:
        mending.drop_index(store)
        tell("built the index anew from the catalogue")
    store.expect_pending()
    indexed = index_outbox(store, embedder, progress)
    if indexed and not broken:
        tell(f"indexed {indexed} turns that waited")
    return [*check(store), *check_vectors(store, embedder)]
