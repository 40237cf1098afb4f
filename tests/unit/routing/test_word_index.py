"""RO-2: looking words up by their marks finds what a search for each of them would find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.word_index import Entry, Present, WordIndex, chinese, english
from services.routing.words import Word, word
from tests.unit.routing.builders import rules

ZH = [word(text, "zh") for text in ("丢", "丢件", "没*送到", "查*一下", "12315", "谁*的", "破损", "件")]
EN = [word(text, "en") for text in ("lost", "lost it", "deliver~", "no*compensation", "at~", "missing item~", "?")]
ZH_TEXTS = st.lists(st.sampled_from([*"丢件没送到查一下谁的破损，。 x", "12315", "很"]), max_size=12).map("".join)
EN_TEXTS = st.lists(
    st.sampled_from(["lost", "it", "delivered", "no", "more", "compensation", "attic", "a", "missing", "items", "?"]),
    max_size=9,
).map(lambda tokens: f" {' '.join(tokens)} ")


def naive(words: list[Word], text: str) -> list[Word]:
    return [one for one in words if one.found_in(text)]


def found(index: WordIndex, text: str) -> list[Word]:
    present = index.present(text).get("topic", Present())
    return naive(present.words, text)


@pytest.mark.req("RO-2")
@given(ZH_TEXTS)
def test_chinese_words(text: str) -> None:
    assert found(chinese(Entry("topic", one) for one in ZH), text) == naive(ZH, text)


@pytest.mark.req("RO-2")
@given(EN_TEXTS)
def test_english_words(text: str) -> None:
    assert found(english(Entry("topic", one) for one in EN), text) == naive(EN, text)


@pytest.mark.req("RO-2")
def test_every_word_of_the_rules_is_found_where_it_stands_alone() -> None:
    lexicon = rules().lexicon
    for topic in [*(tag.topic for tag in lexicon.tags.values()), *lexicon.signals.values()]:
        for one in topic.zh:
            assert one in chinese([Entry("t", one)]).present("".join(one.parts))["t"].words
        for one in topic.en:
            text = f" {' '.join(''.join(one.parts).split())} "
            assert one in english([Entry("t", one)]).present(text)["t"].words
