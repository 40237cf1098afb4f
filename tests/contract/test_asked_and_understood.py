"""What a customer is offered to choose from when details are missing is understood when it comes back (IN-7)."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from services.intake.extraction import filled
from services.notify.ruleset import RULES_DIR
from shared.contracts.people import Channel
from shared.yaml_lines import parsed
from tests.unit.routing.builders import contact, customer

CHOICES = parsed((RULES_DIR / "words.yaml").read_text("utf-8"))["detail_choices"]
ANYTHING_ELSE = {"其他", "other"}
"""Named so that nobody thinks the list is all there is: no type of goods."""
ANSWERS = {"zh": ("{}", "{}。", "是{}", "{}，谢谢"), "en": ("{}", "It is {}", "{}, please")}


def answers() -> Iterator[tuple[str, str]]:
    """Each choice as somebody answers with it, by the field that is asked for."""
    for field, texts in CHOICES.items():
        for language, text in texts.items():
            for choice in set(re.split("、|或|, | or ", text)) - ANYTHING_ELSE:
                yield from ((field, answer.format(choice)) for answer in ANSWERS[language])


@pytest.mark.req("IN-7", "NO-1")
@pytest.mark.parametrize(("field", "said"), sorted(answers()))
def test_each_choice_alone_is_an_answer(field: str, said: str) -> None:
    asked = contact(said, "a-1", customer("wang"), channel=Channel.WEB, at=datetime.now(UTC))
    assert getattr(filled(asked), field) is not None
