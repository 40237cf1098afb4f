"""What agents and adjudicators write: a stock of answers by kind of case, in the customer's language."""

import random
from collections.abc import Mapping
from functools import cache
from typing import Any

from demo.corpus import Lines, lines_of, read


@cache
def _stock(language: str) -> Mapping[str, Lines]:
    return {name: lines_of(block) for name, block in read(f"{language}/desk.yaml").items()}


def answer(rng: random.Random, case: Mapping[str, Any]) -> str:
    """Greeting, an answer that fits the first tag or the kind, and what happens next."""
    stock = _stock(case["customer"].get("language", "zh"))
    tags = case["classification"]["tags"]
    section = next((tag for tag in tags if tag in stock), case["classification"]["kind"])
    parts = [_said(rng, stock["greeting"]), _said(rng, stock.get(section, stock["query"])), _said(rng, stock["next"])]
    return ("" if case["customer"].get("language", "zh") == "zh" else " ").join(parts)


def question(rng: random.Random, case: Mapping[str, Any]) -> str:
    return _said(rng, _stock(case["customer"].get("language", "zh"))["question"])


def summary(rng: random.Random, case: Mapping[str, Any]) -> str:
    return _said(rng, _stock(case["customer"].get("language", "zh"))["summary"])


def reason(rng: random.Random, verdict: str, language: str) -> str:
    return _said(rng, _stock(language)[f"reason_{verdict}"])


def _said(rng: random.Random, lines: Lines) -> str:
    return rng.choice(lines).said(rng)
