"""A grammar is checked before llama.cpp sees it, since a wrong one ends the process."""

from __future__ import annotations

import pytest

from engines.errors import EngineFailed
from engines.gbnf import check
from engines.isolated import IsolatedGenerator
from engines.protocols import Request

GOOD = 'root ::= "[" item ("," item)* "]"\nitem ::= [0-9]+ | "(" root ")"\n'


def test_a_good_grammar_passes():
    check(GOOD)


@pytest.mark.parametrize(
    ("grammar", "why"),
    [
        ("", "no rule named root"),
        ('top ::= "a"', "no rule named root"),
        ("root ::= missing", "not defined"),
        ('root ::= "a', "cannot be read"),
        ('root ::= ("a"', "open"),
        ('root ::= "a")', "not open"),
        ("root ::= [a-z", "cannot be read"),
        ('root ::= * "a"', "repeats nothing"),
        ('root ::= root "a" | "b"', "begin with itself"),
        ('root ::= one\none ::= "x"? root', "begin with itself"),
        ('root ::= "a"\nroot ::= "b"', "twice"),
        ("root ::= ", "no rule|empty"),
        ("nonsense", "no rule"),
    ],
)
def test_a_wrong_one_is_an_error_and_not_an_end(grammar, why):
    with pytest.raises(EngineFailed, match=why):
        check(grammar)


def test_a_model_writes_what_its_grammar_allows(tiny_gguf):
    model = IsolatedGenerator(tiny_gguf)
    asked = {"system": "s", "user": "u", "max_tokens": 12, "temperature": 0.0, "seed": 1}
    text = "".join(model.stream(Request(**asked, grammar='root ::= "[" ("yes" | "no") "]"\n')))
    assert text in ("[yes]", "[no]")
    with pytest.raises(EngineFailed, match="not defined"):
        list(model.stream(Request(**asked, grammar="root ::= missing\n")))
    assert "".join(model.stream(Request(**asked, grammar='root ::= "ok"\n'))) == "ok"
