"""CL-4: the amount, exact to the fen, with every step, never above the proven loss."""
# ruff: noqa: E501 (a table is read by its columns)

from dataclasses import dataclass
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.amount import Computed, Terms, compute, half_up
from services.claims.loss import PROOF, Loss
from services.claims.vocabulary import Method
from services.claims.words import yuan

pytestmark = pytest.mark.req("CL-4")


@dataclass(frozen=True)
class Example:
    """A worked example: money in fen; `law` is the provision that it follows."""

    name: str
    law: str
    method: Method
    expected: int
    proven: int
    insured: int = 0
    full: int = 0
    freight: int = 0
    multiple: int = 0
    percent: int = 100


EXAMPLES = [
    Example("insured, lost", "邮政法47(一)", Method.INSURED_TOTAL, 500_000, proven=500_000, insured=500_000, full=500_000),
    Example("insured above its worth, lost", "保价条款：不超过实际价值", Method.INSURED_TOTAL, 300_000, proven=300_000, insured=500_000, full=500_000),
    Example("insured below its worth, lost", "邮政法47(一)", Method.INSURED_TOTAL, 200_000, proven=500_000, insured=200_000, full=500_000),
    Example("half insured, partly damaged", "邮政法47(一)", Method.INSURED_PARTIAL, 5_000, proven=10_000, insured=100_000, full=200_000),
    Example("a third of a fen rounds down", "邮政法47(一)", Method.INSURED_PARTIAL, 33, proven=100, insured=100, full=300),
    Example("half a fen rounds up", "邮政法47(一)", Method.INSURED_PARTIAL, 1, proven=1, insured=1, full=2),
    Example("insured above its worth, damaged", "邮政法47(一)", Method.INSURED_PARTIAL, 10_000, proven=10_000, insured=300_000, full=200_000),
    Example("uninsured post, lost", "邮政法47(二)", Method.FREIGHT_MULTIPLE, 3_600, proven=50_000, freight=1_200, multiple=3),
    Example("uninsured express, lost", "民法典833、496", Method.FREIGHT_MULTIPLE, 8_400, proven=50_000, freight=1_200, multiple=7),
    Example("uninsured, contract customer", "民法典833", Method.FREIGHT_MULTIPLE, 10_800, proven=50_000, freight=1_200, multiple=9),
    Example("loss below the limit", "民法典833", Method.FREIGHT_MULTIPLE, 5_000, proven=5_000, freight=1_200, multiple=7),
    Example("limit not notified", "民法典496、497、833", Method.MARKET_VALUE, 50_000, proven=50_000, freight=1_200),
    Example("shared fault, then the limit", "民法典592", Method.FREIGHT_MULTIPLE, 7_000, proven=10_000, freight=1_200, multiple=7, percent=70),
    Example("shared fault above the limit", "民法典592", Method.FREIGHT_MULTIPLE, 8_400, proven=50_000, freight=1_200, multiple=7, percent=50),
    Example("shared fault, market value", "民法典592", Method.MARKET_VALUE, 5_001, proven=10_001, percent=50),
    Example("delay", "快递服务国家标准：免除本次服务费用", Method.FREIGHT, 1_200, proven=1_200, freight=1_200),
    Example("delay, less claimed", "不超过损失", Method.FREIGHT, 500, proven=500, freight=1_200),
    Example("nobody of the carrier's", "民法典832", Method.MARKET_VALUE, 0, proven=10_000, percent=0),
]  # fmt: skip


def terms(example: Example) -> Terms:
    return Terms(example.method, example.multiple, example.insured, example.freight, example.percent)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.name}: {e.law}")
def test_worked_examples(example: Example) -> None:
    computed = compute(terms(example), Loss(example.proven, False, example.full, PROOF))

    assert computed is not None
    assert computed.amount_fen == example.expected
    assert computed.steps[-1].amount_fen == example.expected


def test_steps_show_the_figures_as_a_person_writes_them() -> None:
    limited = compute(Terms(Method.FREIGHT_MULTIPLE, 7, 0, 1_200, 50), Loss(1_234_567, True, 0, PROOF))

    assert limited is not None
    assert [s.zh for s in limited.steps] == [
        "核定损失 12,345.67 元（货值证明）",
        "承运方责任比例：12,345.67 × 50% = 6,172.84",
        "未保价限额：运费 12.00 × 7 = 84.00（限额已显著提示）",
        "赔偿金额 84.00 元",
    ]
    assert limited.steps[2].en == "limit for uninsured items: freight 12.00 × 7 = 84.00 (conspicuously notified)"


@pytest.mark.parametrize("method", Method)
def test_no_amount_without_a_substantiated_loss(method: Method) -> None:
    assert compute(Terms(method, 7, 100, 100, 100), Loss(None, True, 100, PROOF)) is None


def test_no_amount_where_a_person_must_find_it() -> None:
    assert compute(Terms(Method.PERSON, 0, 0, 0, 100), Loss(100, True, 100, PROOF)) is None


fen = st.integers(0, 10**9)
computed_methods = st.sampled_from([m for m in Method if m is not Method.PERSON])
any_terms = st.builds(Terms, computed_methods, st.integers(1, 20), fen, st.integers(0, 10**6), st.integers(0, 100))


def run(given_terms: Terms, proven: int, full: int) -> Computed:
    computed = compute(given_terms, Loss(proven, False, full, PROOF))
    assert computed is not None
    return computed


@given(any_terms, fen, fen)
def test_never_negative_and_never_above_the_proven_loss(given_terms: Terms, proven: int, full: int) -> None:
    computed = run(given_terms, proven, full)

    assert 0 <= computed.amount_fen <= proven
    assert computed.steps[-1].amount_fen == computed.amount_fen
    assert all(step.zh and step.en and step.amount_fen >= 0 for step in computed.steps)


@given(any_terms, fen, fen, fen)
def test_a_larger_loss_never_pays_less(given_terms: Terms, one: int, other: int, full: int) -> None:
    small, large = sorted((one, other))

    assert run(given_terms, small, full).amount_fen <= run(given_terms, large, full).amount_fen


def rounded(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def by_fractions(t: Terms, proven: int, full: int) -> int:
    """The statute in exact fractions, rounded half up after each step."""
    share = Fraction(t.carrier_percent, 100)
    match t.method:
        case Method.FREIGHT:
            due = rounded(t.freight_fen * share)
        case Method.INSURED_TOTAL:
            due = rounded(min(t.insured_fen, proven) * share)
        case Method.INSURED_PARTIAL:
            worth = max(full, 1)
            ratio = Fraction(min(t.insured_fen, worth), worth)
            due = rounded(rounded(min(proven, worth) * ratio) * share)
        case Method.FREIGHT_MULTIPLE:
            due = min(rounded(proven * share), t.freight_fen * t.multiple)
        case _:
            due = rounded(proven * share)
    return min(due, proven)


@given(any_terms, fen, fen)
def test_exact_to_the_fen(given_terms: Terms, proven: int, full: int) -> None:
    assert run(given_terms, proven, full).amount_fen == by_fractions(given_terms, proven, full)


@given(st.integers(0, 10**12), st.integers(1, 10**9))
def test_half_up(numerator: int, denominator: int) -> None:
    assert half_up(numerator, denominator) == rounded(Fraction(numerator, denominator))


@given(st.integers(0, 10**12))
def test_yuan_says_what_the_fen_are(amount: int) -> None:
    assert int(yuan(amount).replace(",", "").replace(".", "")) == amount
