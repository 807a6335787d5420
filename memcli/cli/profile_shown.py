"""A profile for people to read, and as a JSON document."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

from memcli.cli.knowledge import fact, fact_document
from memcli.cli.render import printer
from memcli.documents import moment
from memcli.memory.graph import MENTIONED

if TYPE_CHECKING:
    from memcli.answer.profile import Profile, Scene
    from memcli.memory.graph import Neighbour
    from memcli.memory.persona import Correction


def profile_document(one: Profile, today: date) -> dict[str, Any]:
    """What `profile NAME --json` prints, without the schema."""
    return {
        "name": one.name,
        "persona": [belief.id for belief in one.persona],
        "facts": [fact_document(belief, one.known, today) for belief in one.known.beliefs],
        "scenes": [_scene_document(scene) for scene in one.scenes],
        "near": [_neighbour_document(near, one) for near in one.near],
        "mentioned_with": [
            {"name": one.names[near.key], "turns": turns} for near in one.near if (turns := _turns_together(near))
        ],
    }


def _scene_document(scene: Scene) -> dict[str, Any]:
    return {
        "id": scene.row.id,
        "title": scene.row.title,
        "turns": scene.row.turns,
        "started_at": moment(scene.row.started_at),
        "ended_at": moment(scene.row.ended_at),
        "gist": [
            {"id": turn, "speaker": who, "text": text, "outdated": [_correction_document(one) for one in wrong]}
            for (turn, who, text), wrong in zip(scene.row.sentences, scene.corrections, strict=True)
        ],
    }


def _correction_document(one: Correction) -> dict[str, Any]:
    return {**one._asdict(), "until": one.until.isoformat() if one.until else None}


def _neighbour_document(near: Neighbour, one: Profile) -> dict[str, Any]:
    return {
        "name": one.names[near.key],
        "kind": one.kinds[near.key],
        "weight": round(near.weight, 4),
        "links": [
            {
                "relation": link.relation,
                "of": one.names.get(link.one, link.one),
                "turns": link.turns,
                "fact": link.fact_id,
            }
            for link in near.links
        ],
    }


def _turns_together(near: Neighbour) -> int:
    return sum(link.turns for link in near.links if link.relation == MENTIONED)


def profile(one: Profile, today: date) -> None:
    """What stands for the person, then all that is known by kind, their scenes, and whom and what they belong with."""
    show = printer()
    show((one.name, "bold"))
    if one.persona:
        show(("in short", "cyan"))
        for kind, group in groupby(one.persona, key=lambda belief: belief.kind):
            told = ", ".join(
                belief.object if belief.predicate == kind else f"{belief.predicate} {belief.object}" for belief in group
            )
            show((f"  {kind}: ", "dim"), (told, ""))
    for kind, group in groupby(
        sorted(one.known.beliefs, key=lambda belief: belief.kind), key=lambda belief: belief.kind
    ):
        show((kind, "cyan"))
        for belief in sorted(group, key=lambda belief: (not belief.holds_on(today), -_ordinal(belief.valid_from))):
            fact(belief, one.known, today)
    if any(scene.row.sentences for scene in one.scenes):
        show(("talks about", "cyan"))
    for scene in one.scenes:
        for (_, who, text), wrong in zip(scene.row.sentences, scene.corrections, strict=True):
            now = "; ".join(f"now {each.now}" if each.now else "no longer so" for each in wrong)
            show(
                (f"  {who}: ", "green"),
                (" ".join(text.split()), "dim" if now else ""),
                (f"  ({now})" if now else "", "yellow"),
            )
    if one.near:
        show(("belongs with", "cyan"))
    for near in one.near:
        joined = ", ".join(_counted(link.turns) if link.relation == MENTIONED else link.relation for link in near.links)
        kind = "" if one.kinds[near.key] == "unknown" else f", {one.kinds[near.key]}"
        show((f"  {one.names[near.key]}", ""), (f"{kind}  {joined}", "dim"))


def _counted(turns: int) -> str:
    return f"{turns:,} turn{'' if turns == 1 else 's'}"


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0
