"""A question from Python, with where the answer was said: python examples/ask.py "When was Maya's job interview?"."""

# SPDX-License-Identifier: Apache-2.0

import sys

from memcli import Memory


def main(question: str) -> int:
    """Print the answer and its sources; 4 if the memory does not say, as `memcli ask` has it."""
    with Memory.open() as memory:  # a name or a path; without one, the memory that `memcli` uses
        answer = memory.ask(question)
        print(answer.short)
        for one in answer.evidence:
            if one.number in answer.citations:
                print(f"  {one.turn.speaker}, {one.turn.said_at}: {one.turn.locator.source}:{one.turn.locator.line}")
        return 4 if answer.abstained else 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
