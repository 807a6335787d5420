"""New turns become episodes, episodes scenes, and both get their gist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from memcli.ids import content_id
from memcli.memory.consolidate_step import Done, Work
from memcli.memory.gist import Sentence, central, length_for, sentences
from memcli.memory.salience import is_standing_instruction, rating_of
from memcli.memory.segment import cuts
from store.episodes import EpisodeRow, MemberRow, PlaceRow, SceneRow, Segmented, SentenceRow, SpokenRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from engines.protocols import Embedder

    Vectors = npt.NDArray[np.float32]

TURNS_AT_ONCE = 8_192
"""New turns of a batch, of as many sessions as hold them."""

SAME_SCENE = 0.8
"""Two episodes of a conversation are about the same if the cosine of their means is at least this: means of many turns
are alike to begin with."""

GIST_OF_SCENE = 3
"""Sentences that stand for a scene."""


@dataclass
class _Batch:
    """What is being made of a batch of sessions."""

    episodes: list[EpisodeRow] = field(default_factory=list)
    members: list[MemberRow] = field(default_factory=list)
    joined: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    scenes: list[SceneRow] = field(default_factory=list)
    sentences: list[SentenceRow] = field(default_factory=list)
    told: defaultdict[int, list[Sentence]] = field(default_factory=lambda: defaultdict(list))
    """The sentences of each new episode, by its number, as they were said."""
    next_episode: int = 1
    next_scene: int = 1


def episodes(work: Work) -> Done:
    """Give every turn that has none its episode."""
    with work.store.reading() as catalogue:
        waiting = catalogue.episodes.waiting()
    made: defaultdict[str, int] = defaultdict(int)
    unwritten: list[MemberRow] = []
    finished = True
    with work.progress.phase("episodes", sum(count for _, count in waiting), "turns") as advance:
        for sessions, count in _batches(waiting):
            if work.out_of_time():
                finished = False
                break
            batch, reopened = _segmented(work, sessions)
            made["turns"] += count
            made["episodes"] += len(batch.episodes) - len(reopened)
            made["scenes"] += len(batch.scenes)
            made["sentences"] += len(batch.sentences)
            if work.dry_run:
                unwritten += batch.members
            else:
                _write(work, batch, reopened)
            advance(count)
    if work.dry_run:
        work.found["members"] = unwritten
    return Done(changes=dict(made), finished=finished)


def _batches(waiting: Sequence[tuple[int, int]]) -> Iterator[tuple[list[int], int]]:
    sessions: list[int] = []
    held = 0
    for session, count in waiting:
        sessions.append(session)
        held += count
        if held >= TURNS_AT_ONCE:
            yield sessions, held
            sessions, held = [], 0
    if sessions:
        yield sessions, held


def _segmented(work: Work, sessions: list[int]) -> tuple[_Batch, list[int]]:
    """What the sessions become, and the numbers of the open episodes that this replaces."""
    with work.store.reading() as catalogue:
        places = catalogue.episodes.order_of(sessions)
        free = [place.seq for place in places if not place.closed]
        spoken = catalogue.episodes.spoken(free)
        ids = catalogue.episodes.session_ids(sessions)
        scenes = catalogue.episodes.scenes_of(sessions)
        next_episode, next_scene = catalogue.episodes.next_numbers()
    batch = _Batch(next_episode=next_episode, next_scene=next_scene)
    vectors = work.embedder.embed([f"{spoken[seq].speaker}: {spoken[seq].text}" for seq in free])
    at = {seq: row for row, seq in enumerate(free)}
    for session, members in groupby(places, key=lambda place: place.session):
        known = [scene for scene in scenes if scene.session == session]
        for before, run, after in _runs(list(members)):
            if before is not None and before == after:
                batch.joined[before] += len(run)
                batch.members += [_member(spoken[one.seq], before) for one in run]
            else:
                rows = vectors[[at[one.seq] for one in run]]
                _divide(work.embedder, batch, ids[session], run, rows, spoken, known, is_tail=after is None)
    reopened = sorted({place.episode for place in places if place.episode is not None and not place.closed})
    return batch, reopened


def _runs(places: list[PlaceRow]) -> Iterator[tuple[int | None, list[PlaceRow], int | None]]:
    """Stretches of turns that belong to no closed episode, each with the closed episode before it and after it."""
    before: int | None = None
    run: list[PlaceRow] = []
    for place in places:
        if not place.closed:
            run.append(place)
            continue
        if run:
            yield before, run, place.episode
            run = []
        before = place.episode
    if run:
        yield before, run, None


def _divide(
    embedder: Embedder,
    batch: _Batch,
    session_id: str,
    run: list[PlaceRow],
    vectors: Vectors,
    spoken: dict[int, SpokenRow],
    scenes: list[SceneRow],
    *,
    is_tail: bool,
) -> None:
    """Cut a run into episodes, the last of which is open if nothing closed comes after it."""
    starts = [0, *cuts(vectors, [one.said_at for one in run])]
    for start, end in zip(starts, [*starts[1:], len(run)], strict=True):
        part = run[start:end]
        number = batch.next_episode
        batch.next_episode += 1
        closed = end < len(run) or not is_tail
        centre = _unit(vectors[start:end].sum(axis=0))
        episode_id = content_id(session_id, spoken[part[0].seq].id)
        scene = _scene(batch, scenes, part[0].session, episode_id, centre, may_found=closed)
        times = [one.said_at for one in part if one.said_at is not None]
        batch.episodes.append(
            EpisodeRow(
                number, episode_id, part[0].session, len(part), min(times, default=None), max(times, default=None),
                closed, centre.astype("float16").tobytes(), scene,
            )
        )  # fmt: skip
        batch.members += [_member(spoken[one.seq], number) for one in part]
        told = [sentence for one in part for sentence in sentences(one.seq, spoken[one.seq].text)]
        gist = _gist(embedder, told, centre, length_for(len(part)), "episode", number)
        batch.sentences += gist
        said = {(one.seq, one.first): one for one in told}
        batch.told[number] = sorted(said[one.seq, one.first] for one in gist)


def _member(turn: SpokenRow, episode: int) -> MemberRow:
    return MemberRow(turn.seq, episode, rating_of(turn.text), is_standing_instruction(turn.text, turn.role))


def _scene(
    batch: _Batch, scenes: list[SceneRow], session: int, episode_id: str, centre: Vectors, *, may_found: bool
) -> int | None:
    """The scene that the episode belongs to: the nearest that is near enough, or one of its own."""
    import numpy as np

    best = SAME_SCENE
    found = None
    for scene in scenes:
        likeness = float(np.frombuffer(scene.centre, np.float16).astype(np.float32) @ centre)
        if likeness > best:
            best, found = likeness, scene.number
    if found is None and may_found and centre.any():
        founded = SceneRow(batch.next_scene, episode_id, session, centre.astype("float16").tobytes())
        batch.next_scene += 1
        batch.scenes.append(founded)
        scenes.append(founded)
        found = founded.number
    return found


def _gist(
    embedder: Embedder, told: Sequence[Sentence], centre: Vectors, limit: int, about: str, number: int
) -> list[SentenceRow]:
    chosen = central(told, embedder.embed([one.text for one in told]), centre, limit) if told and limit else []
    return [
        SentenceRow(about, number, place, told[at].seq, told[at].first, told[at].last, score)  # type: ignore[arg-type]
        for place, (at, score) in enumerate(chosen, start=1)
    ]


def _write(work: Work, batch: _Batch, reopened: list[int]) -> None:
    """Write the batch, with the gist of the scenes that grew, which is made of the sentences of their episodes."""
    grown = sorted({one.scene for one in batch.episodes if one.scene is not None})
    with work.store.reading() as catalogue:
        earlier = catalogue.episodes.scene_sentences(grown)
    told: defaultdict[int, list[Sentence]] = defaultdict(list)
    episodes: defaultdict[int, set[int]] = defaultdict(set)
    for scene, episode, seq, first, last, text in earlier:
        if episode not in reopened:
            told[scene].append(Sentence(seq, first, last, text[first:last]))
            episodes[scene].add(episode)
    for one in batch.episodes:
        if one.scene is not None and batch.told[one.number]:
            told[one.scene] += batch.told[one.number]
            episodes[one.scene].add(one.number)
    gists: list[SentenceRow] = []
    for scene in grown:
        if len(episodes[scene]) > 1:
            centre = _unit(work.embedder.embed([one.text for one in told[scene]]).sum(axis=0))
            gists += _gist(work.embedder, told[scene], centre, GIST_OF_SCENE, "scene", scene)
    made = Segmented(
        reopened=reopened, episodes=batch.episodes, members=batch.members, joined=batch.joined, scenes=batch.scenes,
        sentences=[*batch.sentences, *gists], gists=grown,
    )  # fmt: skip
    with work.store.writing() as catalogue:
        catalogue.episodes.keep(made)


def _unit(vector: Vectors) -> Vectors:
    import numpy as np

    length = np.sqrt(vector @ vector)
    unit: Vectors = vector / length if length else vector
    return unit
