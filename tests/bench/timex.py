"""Time expressions against LoCoMo's dated answers: python tests/bench/timex.py PATH/locomo_dev.json [--misses]

Category 2 asks when something was. Given the turns that are annotated as evidence, is the answer's date among the dates
that their words denote, on the day on which they were said? A turn that names no time stands for its own day. Counted
are questions whose answer is a date and whose evidence exists: the same range of days; at least half of the days that
either names being named by both; any day in common. The last two differ from the first mostly by "last week": here the
calendar week before, in LoCoMo's answers the seven days before. This measures the reading of time alone.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from memcli.memory.timex import find_time_expressions

Days = tuple[date, date]


def said_on(sample: dict[str, Any], dia_id: str) -> date:
    session = re.match(r"D(\d+):", dia_id)
    assert session is not None
    at = sample["conversation"][f"session_{session[1]}_date_time"]
    return datetime.strptime(at.split(" on ")[1], "%d %B, %Y").date()


def cases(sample: dict[str, Any]) -> Iterator[tuple[str, str, list[tuple[date, str]]]]:
    turns = {
        turn["dia_id"]: turn["text"]
        for key, some in sample["conversation"].items()
        if isinstance(some, list)
        for turn in some
    }
    for entry in sample["qa"]:
        if entry["category"] == 2:
            ids = [one for one in re.findall(r"D\d+:\d+", " ".join(entry.get("evidence", []))) if one in turns]
            if ids:
                yield entry["question"], str(entry["answer"]), [(said_on(sample, one), turns[one]) for one in ids]


def days(text: str, on: date) -> list[Days]:
    return [(one.first, one.last) for one in find_time_expressions(text, on)]


def overlap(one: Days, other: Days) -> float:
    both = (min(one[1], other[1]) - max(one[0], other[0])).days + 1
    either = (max(one[1], other[1]) - min(one[0], other[0])).days + 1
    return max(both, 0) / either


def main(path: Path, show_misses: bool) -> None:
    dated = exact = near = touching = undated = 0
    for sample in json.loads(path.read_text()):
        for question, answer, evidence in cases(sample):
            wanted = days(answer, evidence[0][0])
            if not wanted:
                undated += 1
                continue
            dated += 1
            named = [one for on, text in evidence for one in days(text, on) or [(on, on)]]
            best = max(overlap(wanted[0], one) for one in named)
            exact += best == 1
            near += best >= 0.5
            touching += best > 0
            if best < 0.5 and show_misses:
                print(f"{question} | {answer} | {[(str(on), text) for on, text in evidence]}")
    print(f"questions with a dated answer  {dated} (others: {undated})")
    print(f"the same days                  {100 * exact / dated:.1f} %")
    print(f"at least half the days shared  {100 * near / dated:.1f} %")
    print(f"any day shared                 {100 * touching / dated:.1f} %")


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--misses" in sys.argv)
