"""IN-7: what a pattern needs is read from it, and leaves out no match; words are found as the tree of them would."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.extraction.alternation import WordPlaces, alternation
from services.intake.extraction.gate import Gated, needed

pytestmark = pytest.mark.req("IN-7")
LETTERS = "ab退款货c"


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        ("退款", "退"),
        ("退|款", "退款"),
        ("(?:退款|换)货", "货"),
        ("[ab]退?", "ab"),
        ("退{0,2}[a-c]", "abc"),
        ("(?:退|a*)", None),
        (r"\d", None),
        ("[^a]", None),
        ("(?<!a)退", "退"),
        ("", None),
    ],
)
def test_what_a_pattern_needs(pattern: str, letters: str | None) -> None:
    assert needed(pattern) == (None if letters is None else frozenset(letters))


_LETTER = st.sampled_from([*LETTERS, "[ab]", "[退c]", "."])
PATTERNS = st.recursive(
    _LETTER,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "{0,2}", "{1,2}"])).map(lambda p: f"(?:{p[0]}){p[1]}"),
        inner.map(lambda part: f"(?!{part})"),
    ),
    max_leaves=8,
)


@given(PATTERNS, st.text(LETTERS, max_size=12))
def test_a_gate_leaves_out_no_match(pattern: str, text: str) -> None:
    gated = Gated(pattern)
    found = re.search(pattern, text)
    if found is not None and found[0]:
        assert gated.may_be_in(frozenset(text))


@given(
    st.lists(st.text(LETTERS, min_size=1, max_size=4), min_size=1, max_size=12),
    st.text(LETTERS, max_size=30),
)
def test_words_are_found_as_by_the_tree_of_their_letters(words: list[str], text: str) -> None:
    found = list(WordPlaces(words).find(text, frozenset(text)))
    assert found == [(m[0], m.start()) for m in re.finditer(alternation(words), text)]
