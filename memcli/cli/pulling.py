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
    context: Context, shelf: Shelf, wanted_name: str, *, name: str | None, revision: str, file: str | None
) -> ShelvedModel:
    """The model, fetched, checked, tried and on the shelf.

    wanted_name: a card's name, or a repository OWNER/NAME (file: a GGUF file in it; without one it is an
    embedder or a reranker, as its files say).
    Raises ModelMissing, ModelRefused, ModelCorrupt, EngineUnavailable, EngineFailed.
    """
    from engines import hub
    from engines.hub_cards import ENCODER_FILES, WEIGHTS
    from engines.shelf import name_of
    from memcli.cli import adding

    card = _card(wanted_name, file)
    name = name or (card.name if "/" not in card.name else name_of_repo(card, name_of))
    shelf.refuse_taken(name)
    snapshot = hub.Hub().snapshot(card.repo, revision)
    paths = {one.path for one in snapshot.files}
    if card.kind == "generator":
        patterns = [card.file]
    else:
        patterns = [*ENCODER_FILES, *([WEIGHTS] if "onnx/model.onnx" not in paths else [])]
    files = hub.wanted(snapshot, patterns)
    whole = sum(one.size for one in files)
    licence = snapshot.licence or card.licence
    context.tell(f"{snapshot.url} at commit {snapshot.commit}, licence {licence or 'unknown'}, {whole / 1e6:,.1f} MB:")
    for one in files:
        context.tell(f"  {one.path}  {one.size / 1e6:,.1f} MB  {one.known_by}")
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
        return CARDS[wanted] if file is None else replace(CARDS[wanted], file=file)
    if "/" not in wanted:
        raise ModelMissing(f"there is no card of {wanted!r}", hint="`memcli models pull` lists them; OWNER/NAME is one")
    return HubCard(
        name=wanted, kind="generator" if file else "embedder", repo=wanted, file=file or "", licence="",
        megabytes=0, memory_mb=0, languages="", good_for="",
    )  # fmt: skip


def name_of_repo(card: HubCard, name_of: Any) -> str:
    """What to call a model of a repository that has no card: its file's name, or the repository's."""
    from pathlib import Path

    return str(name_of(Path(card.file or card.repo.partition("/")[2])))
