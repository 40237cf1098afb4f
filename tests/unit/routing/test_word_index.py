"""RO-2: looking words up by their marks finds what a search for each of them would find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.word_index import Entry, WordIndex, chinese, english
from services.routing.words import Hit, Word, word
from tests.unit.routing.builders import rules

ZH = [word(text, "zh") for text in ("丢", "丢件", "没*送到", "查*一下", "12315", "谁*的", "破损", "件")]
EN = [word(text, "en") for text in ("lost", "lost it", "deliver~", "no*compensation", "at~", "missing item~", "?")]
ZH_TEXTS = st.lists(st.sampled_from([*"丢件没送到查一下谁的破损，。 x", "12315", "很"]), max_size=12).map("".join)
EN_TEXTS = st.lists(
    st.sampled_from(["lost", "it", "delivered", "no", "more", "compensation", "attic", "a", "missing", "items", "?"]),
    max_size=9,
).map(lambda tokens: f" {' '.join(tokens)} ")


def naive(words: list[Word], text: str) -> list[Hit]:
    return sorted(hit for one in words if (hit := one.found_in(text)))


def found(index: WordIndex, text: str) -> list[Hit]:
    return sorted(index.search(text).get("topic", []))


@pytest.mark.req("RO-2")
@given(ZH_TEXTS)
def test_chinese_words(text: str) -> None:
    assert found(chinese(Entry("topic", one) for one in ZH), text) == naive(ZH, text)


@pytest.mark.req("RO-2")
@given(EN_TEXTS)
def test_english_words(text: str) -> None:
    assert found(english(Entry("topic", one) for one in EN), text) == naive(EN, text)


@pytest.mark.req("RO-2")
@given(ZH_TEXTS)
def test_phrases_are_cut_out_in_their_order(text: str) -> None:
    phrases = [word(phrase, "zh") for phrase in ("没*件", "丢件", "的件")]
    left = text
    for phrase in phrases:
        while hit := phrase.found_in(left):
            left = left.replace(hit.words, ".")
    index = chinese([*(Entry("topic", one) for one in ZH), *(Entry("topic", one, is_phrase=True) for one in phrases)])
    assert found(index, text) == naive(ZH, left)


@pytest.mark.req("RO-2")
def test_every_word_of_the_rules_is_found_where_it_stands_alone() -> None:
    lexicon = rules().lexicon
    for topic in [*(tag.topic for tag in lexicon.tags.values()), *lexicon.signals.values()]:
        for one in topic.zh:
            assert found(chinese([Entry("topic", one)]), "".join(one.parts))
        for one in topic.en:
            assert found(english([Entry("topic", one)]), f" {' '.join(''.join(one.parts).split())} ")
