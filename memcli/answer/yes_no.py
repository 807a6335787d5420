"""Whether what was said affirms what a yes-or-no question asks. Pure."""

from __future__ import annotations

import re

from memcli.patterns import regex
from memcli.recall.question import Question

_NEGATED = regex(r"\b(?:no|not|never|nobody|nothing|none)\b|n['’]t\b", re.I)


def yes_or_no(question: Question, sentence: str) -> str:
    """ "No" where one of question and sentence has a negation and the other has not, else "Yes"."""
    return "No" if bool(_NEGATED.search(sentence)) != question.negated else "Yes"
