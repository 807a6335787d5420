"""memcli models pull: fetch a model from a hub, and put it on the shelf. The one command that uses a network."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from memcli.cli.context import Context

if TYPE_CHECKING:
    from engines.hub_cards import HubCard
    from engines.shelf import Shelf, ShelvedModel


def pull(
    context: Context,
    shelf: Shelf,
    wanted_name: str,
    *,
    name: str | None,
    revision: str | None,
    file: str | None,
    sha256: str | None,
) -> ShelvedModel:
    """The model, fetched, checked, tried and on the shelf.

    wanted_name: a card's name, or a repository OWNER/NAME (file: a GGUF file in it; without one it is an
    embedder or a reranker, as its files say). revision: another state of the repository than the card's, whose pins do
    not hold for it then. sha256: what the GGUF file, or the weights, must be.
    Raises ModelMissing, ModelRefused, ModelCorrupt, EngineUnavailable, EngineFailed.
    """
    from engines import hub
    from engines.gguf_header import part_names
    from engines.hub_cards import ENCODER_FILES, GRAPH, WEIGHTS
    from engines.shelf import name_of
    from memcli.cli import adding

    card = _card(wanted_name, file)
    name = name or (card.name if "/" not in card.name else name_of_repo(card, name_of))
    shelf.refuse_taken(name)
    pins = card.pins if card.sha256 and revision in (None, card.revision) else {}
    snapshot = hub.Hub().snapshot(card.repo, revision or card.revision)
    paths = {one.path for one in snapshot.files}
    weights = card.file or (GRAPH if GRAPH in paths else WEIGHTS)
    patterns = part_names(weights) if card.kind == "generator" else [*ENCODER_FILES, weights]
    if sha256:
        pins = {**pins, weights: sha256}
    files = hub.held_to(snapshot, hub.wanted(snapshot, patterns), pins)
    whole = sum(one.size for one in files)
    licence = snapshot.licence or card.licence
    context.tell(f"{snapshot.url} at commit {snapshot.commit}, licence {licence or 'unknown'}, {whole / 1e6:,.1f} MB:")
    for one in files:
        pinned = " (pinned)" if one.pinned else ""
        context.tell(f"  {one.path}  {one.size / 1e6:,.1f} MB  {one.known_by}{pinned}")
    folder = shelf.folder_of(name)
    with context.progress().phase("fetch", whole, "bytes") as advance:
        fetched = [hub.Hub().fetch(snapshot, one, folder, advance) for one in files]
    try:
        if card.kind == "generator":
            model = adding.add_generator(fetched[0], name, context.progress())
        else:
            model = adding.add_encoder(
                folder, name, shelf, context.progress(), context.tell,
                query_prefix=card.query_prefix, document_prefix=card.document_prefix, licence=licence,
            )  # fmt: skip
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)  # it came as the hub has it, and does not work
        raise
    model = replace(model, licence=licence, source=snapshot.url, revision=snapshot.commit)
    shelf.put(model)
    return model


def cards_document() -> list[dict[str, Any]]:
    """The cards, as `models pull --json` without a name prints them."""
    from dataclasses import asdict

    from engines.hub_cards import CARDS

    return [asdict(card) for card in CARDS.values()]


def _card(wanted: str, file: str | None) -> HubCard:
    from engines.errors import ModelMissing
    from engines.hub_cards import CARDS, HubCard

    if wanted in CARDS:
        if file is None or file == CARDS[wanted].file:
            return CARDS[wanted]
        return replace(CARDS[wanted], file=file, sha256="")
    if "/" not in wanted:
        raise ModelMissing(f"there is no card of {wanted!r}", hint="`memcli models pull` lists them; OWNER/NAME is one")
    return HubCard(
        name=wanted, kind="generator" if file else "embedder", repo=wanted, file=file or "", licence="",
        revision="main", sha256="", megabytes=0, memory_mb=0, languages="", good_for="",
    )  # fmt: skip


def name_of_repo(card: HubCard, name_of: Any) -> str:
    """What to call a model of a repository that has no card: its file's name, or the repository's."""
    from pathlib import Path

    from engines.gguf_header import whole_name

    return str(name_of(Path(whole_name(card.file) or card.repo.partition("/")[2])))
