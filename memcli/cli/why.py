"""memcli why: what an answer rests on, and why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.cli.context import Context

if TYPE_CHECKING:
    from memcli.api import Memory
    from store.store import Store

SHOWN = 5
"""How many of the parts of a score are shown to people."""


def why(
    ctx: typer.Context,
    answer: Annotated[
        str, typer.Argument(metavar="ANSWER", help='The id of an answer (its beginning is enough), or "last".')
    ] = "last",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many turns are explained.")] = 5,
) -> None:
    """Show why the turns behind an answer were chosen: channels, score, retrievability, gate.

    The question is put again to the memory as it is now, at the time at which it was asked.

    Example: memcli why last
    """
    from memcli.cli import render

    context: Context = ctx.obj
    document = why_document(context.memory_in_use, answer, limit)
    if context.json:
        render.document(document)
    else:
        for line in why_lines(document):
            render.printer()((line, ""))


def why_document(memory: Memory, answer: str, limit: int) -> dict[str, Any]:
    """What `why --json` prints. Raises UsageError if there is no such answer."""
    import json

    from memcli.documents import SCHEMA, hit_document
    from memcli.ingest.indexing import heal
    from memcli.progress import Unwatched
    from memcli.recall.explain import gate, shares
    from memcli.recall.pipeline import LOOKED_TWICE, recall
    from memcli.types import Query

    store, engines = memory.store, memory.engines
    record = _answer(store, answer)
    said = json.loads(record["document"])
    heal(store, engines.embedder, Unwatched())
    asked_at = datetime.fromisoformat(record["asked_at"])
    recalled = recall(Query(text=record["question"], asked_at=asked_at, limit=LOOKED_TWICE), store, engines)
    cited = {one["id"] for one in said["citations"]}
    documents: list[dict[str, Any]] = [
        hit_document(rank, candidate)
        | {
            "cited": candidate.turn.id in cited,
            "looks": candidate.looks,
            "log_odds": round(candidate.rerank, 4),
            "channel_scores": {hit.channel: round(hit.score, 4) for hit in candidate.hits},
            "channel_reasons": {hit.channel: hit.reason for hit in candidate.hits if hit.reason},
            "parts": [{name: _round(value) for name, value in one._asdict().items()} for one in shares(candidate)],
        }
        for rank, candidate in enumerate(recalled.candidates, start=1)
        if rank <= limit or candidate.turn.id in cited
    ]
    return {
        "schema": SCHEMA,
        "id": said["id"],
        "question": record["question"],
        "understood": _understood(recalled.question),
        "answer": said["answer"],
        "abstained": said["abstained"],
        "gate": {name: round(value, 4) for name, value in gate(recalled).items()},
        "hits": documents,
    }


def _answer(store: Store, wanted: str) -> dict[str, Any]:
    from memcli.usage import UsageError

    waiting = [record for record in store.spool.read() if record["kind"] == "answer"]
    with store.reading() as catalogue:
        if wanted == "last":
            found = waiting[-1:] or catalogue.answers(limit=1)
            if not found:
                raise UsageError("nothing was asked yet", hint="`memcli ask QUESTION` first")
            wanted = found[0]["id"]
        kept = catalogue.answers_by_id(wanted)
    found = list({one["id"]: one for one in [*kept, *waiting] if one["id"].startswith(wanted)}.values())
    if len(found) != 1:
        what = "several answers begin" if found else "there is no answer that begins"
        raise UsageError(f"{what} with {wanted}", hint="`memcli ask --json` shows the id of an answer")
    return found[0]


def _understood(question: Any) -> dict[str, Any]:
    return {
        "kind": question.kind,
        "names": sorted(question.names),
        "terms": sorted(question.terms),
        "days": [day.isoformat() for day in question.window] if question.window else None,
        "several": question.several,
        "order": question.order,
        "present": question.present,
        "negated": question.negated,
    }


def why_lines(document: dict[str, Any]) -> list[str]:
    """What `why` prints for people."""
    understood, told = document["understood"], document["gate"]
    lines = [
        document["question"],
        f"asks {understood['kind']}"
        + (f" of {', '.join(understood['names'])}" if understood["names"] else "")
        + (f" in {' to '.join(understood['days'])}" if understood["days"] else "")
        + f"; words that count: {', '.join(understood['terms']) or 'none'}",
        f"confidence {told['confidence']:.2f}, bar {told['bar']:.2f}"
        + "".join(f", {name} {told[name]:.2f}" for name in told if name not in ("confidence", "bar")),
    ]
    for hit in document["hits"]:
        told_why = hit["channel_reasons"]
        ranks = ", ".join(
            f"{name.replace('_', ' ')} #{rank}" + (f" ({told_why[name]})" if name in told_why else "")
            for name, rank in hit["channels"].items()
        )
        parts = ", ".join(f"{one['feature']} {one['part']:+.2f}" for one in hit["parts"][:SHOWN])
        lines += [
            "",
            f"{hit['rank']}. {hit['id'][:12]}{' (cited)' if hit['cited'] else ''}  {hit['speaker']}: {hit['text']}",
            f"   found by {ranks}",
            f"   log odds {hit['log_odds']:.2f} (look {hit['looks']}): {parts}, ...",
            f"   retrievability {hit['retrievability']:.2f}, score {hit['score']:.3f}",
        ]
    return lines


def _round(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
