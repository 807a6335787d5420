"""What another library takes for the same texts and vectors: run by tests/bench/ratios.py, with the Python that has it.

    python peer_speed.py {bm25s|chromadb|txtai|mem0} FOLDER

FOLDER holds texts.json, questions.json, vectors.npy and asked.npy. Prints {"ingest": s, "search": s}, seconds of
processor time, of a search the mean of the best of four rounds; {} where the library is not installed. Nothing here is
memcli's, and nothing needs a network: whoever wants vectors gets them ready-made, by text.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIMIT = 10
AT_ONCE = 1_000
AGAIN = 4


def taken(work: Callable[[], object], times: int = 1) -> float:
    """Seconds of processor time, of all threads: the least of so many times."""
    seconds = []
    for _ in range(times):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)


def bm25s(folder: Path, texts: list[str], questions: list[str]) -> dict[str, float]:
    """Words alone: the library's own tokenizer and index, in memory."""
    import bm25s as library

    found: list[Any] = []

    def index() -> None:
        found.append(library.BM25())
        found[0].index(library.tokenize(texts, show_progress=False), show_progress=False)

    def search() -> None:
        for question in questions:
            found[0].retrieve(library.tokenize(question, show_progress=False), k=LIMIT, show_progress=False)

    return {"ingest": taken(index), "search": taken(search, AGAIN) / len(questions)}


def chromadb(folder: Path, texts: list[str], questions: list[str]) -> dict[str, float]:
    """Vectors, given to it ready-made, with their texts, kept on the disk."""
    import chromadb as library
    import numpy as np

    vectors, asked = np.load(folder / "vectors.npy"), np.load(folder / "asked.npy")
    settings = library.Settings(anonymized_telemetry=False)
    client = library.PersistentClient(path=str(folder / "chroma"), settings=settings)
    collection = client.create_collection("turns", metadata={"hnsw:space": "cosine"})

    def add() -> None:
        for at in range(0, len(texts), AT_ONCE):
            part = slice(at, at + AT_ONCE)
            ids = [str(number) for number in range(at, min(at + AT_ONCE, len(texts)))]
            collection.add(ids=ids, documents=texts[part], embeddings=vectors[part])

    def search() -> None:
        for vector in asked:
            collection.query(query_embeddings=[vector], n_results=LIMIT)

    return {"ingest": taken(add), "search": taken(search, AGAIN) / len(questions)}


def by_text(folder: Path, texts: list[str], questions: list[str]) -> Callable[[str], Any]:
    """Gives the vector of any of the texts and questions."""
    import numpy as np

    rows = np.concatenate([np.load(folder / "vectors.npy"), np.load(folder / "asked.npy")])
    known = dict(zip([*texts, *questions], rows, strict=True))
    return known.__getitem__


def txtai(folder: Path, texts: list[str], questions: list[str]) -> dict[str, float]:
    """Words and vectors (hybrid) with the texts, kept on the disk; the vectors come from a function of ours."""
    import numpy as np
    from txtai import Embeddings

    vector = by_text(folder, texts, questions)
    embeddings = Embeddings(
        method="external", transform=lambda asked: np.stack([vector(text) for text in asked]), content=True, hybrid=True
    )

    def add() -> None:
        embeddings.index(texts)
        embeddings.save(str(folder / "txtai"))

    def search() -> None:
        for question in questions:
            embeddings.search(question, LIMIT)

    return {"ingest": taken(add), "search": taken(search, AGAIN) / len(questions)}


def mem0(folder: Path, texts: list[str], questions: list[str]) -> dict[str, float]:
    """Added one by one as they are (infer=False), in its Qdrant on the disk; the vectors come from a class of ours."""
    from langchain.embeddings.base import Embeddings
    from mem0 import Memory

    vector = by_text(folder, texts, questions)

    class ReadyMade(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [self.embed_query(text) for text in texts]

        def embed_query(self, text: str) -> list[float]:
            found: list[float] = vector(text).tolist()
            return found

    place = {"path": str(folder / "qdrant"), "on_disk": True, "embedding_model_dims": len(vector(texts[0]))}
    memory = Memory.from_config(
        {
            "embedder": {"provider": "langchain", "config": {"model": ReadyMade()}},
            "vector_store": {"provider": "qdrant", "config": place},
            "llm": {"provider": "openai", "config": {"api_key": "never asked"}},
            "history_db_path": str(folder / "history.db"),
        }
    )

    def add() -> None:
        for text in texts:
            memory.add([{"role": "user", "content": text}], user_id="ann", infer=False)

    def search() -> None:
        for question in questions:
            memory.search(question, filters={"user_id": "ann"}, top_k=LIMIT)

    return {"ingest": taken(add), "search": taken(search, AGAIN) / len(questions)}


def main() -> None:
    """Measure the library that is named."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    os.environ |= {"ANONYMIZED_TELEMETRY": "False", "MEM0_TELEMETRY": "False", "HF_HUB_OFFLINE": "1"}
    os.environ["MEM0_DIR"] = str(folder / "mem0")
    texts, questions = (json.loads((folder / f"{which}.json").read_text()) for which in ("texts", "questions"))
    try:
        __import__(name)
    except ImportError:
        print("{}")
        return
    print(
        json.dumps({"bm25s": bm25s, "chromadb": chromadb, "txtai": txtai, "mem0": mem0}[name](folder, texts, questions))
    )


if __name__ == "__main__":
    main()
