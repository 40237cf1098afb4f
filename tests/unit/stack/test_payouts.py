"""The simulated payment provider keeps a real provider's promises: one key, one payment, whatever happens."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tools.simulators.faults import PayoutFaults
from tools.simulators.payouts import KeyReusedError, PayoutBook, PayoutRequest, Status

pytestmark = pytest.mark.req("CL-7")
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
NONE = PayoutFaults()


def request(amount_fen: int = 32_000, account: str = "6222020200001234") -> PayoutRequest:
    return PayoutRequest(amount_fen=amount_fen, currency="CNY", payee={"account": account}, reference="CL-1")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "payouts.jsonl"


def test_the_same_key_and_body_pay_once_and_answer_the_same(journal: Path) -> None:
    book = PayoutBook(journal)
    first, new = book.pay("k", request(), NONE, NOW)
    again, newer = book.pay("k", request(), NONE, NOW + timedelta(days=1))
    assert (new, newer) == (True, False)
    assert again.answer() == first.answer()
    assert book.totals(NOW)["paid_fen"] == 32_000


def test_the_same_key_with_another_body_is_refused(journal: Path) -> None:
    book = PayoutBook(journal)
    book.pay("k", request(), NONE, NOW)
    with pytest.raises(KeyReusedError):
        book.pay("k", request(amount_fen=32_001), NONE, NOW)
    assert len(book) == 1


def test_a_kill_loses_nothing(journal: Path) -> None:
    paid = [PayoutBook(journal).pay(f"k{number}", request(), NONE, NOW)[0] for number in range(3)]
    reopened = PayoutBook(journal)
    assert [reopened.find(payout.payout_id, NOW) for payout in paid] == paid
    assert reopened.pay("k1", request(), NONE, NOW) == (paid[1], False)


def test_half_a_line_was_never_answered_and_does_not_spoil_the_next(journal: Path) -> None:
    PayoutBook(journal).pay("k1", request(), NONE, NOW)
    with journal.open("ab") as file:
        file.write(b'{"number": 2, "payout_')
    PayoutBook(journal).pay("k2", request(), NONE, NOW)
    assert len(PayoutBook(journal)) == 2


@pytest.mark.parametrize(
    ("ending", "at_once", "later"),
    [
        ("0001", Status.PENDING, Status.SUCCEEDED),
        ("0002", Status.REFUSED, Status.REFUSED),
        ("0003", Status.SUCCEEDED, Status.RETURNED),
        ("1234", Status.SUCCEEDED, Status.SUCCEEDED),
    ],
)
def test_account_endings_decide_the_fate(journal: Path, ending: str, at_once: Status, later: Status) -> None:
    book = PayoutBook(journal)
    payout, _ = book.pay("k", request(account=f"62220202{ending}"), NONE, NOW)
    settled = book.find(payout.payout_id, NOW + timedelta(seconds=NONE.settle_seconds))
    assert payout.status is at_once
    assert settled
    assert settled.status is later
    money_left = 32_000 if later is Status.SUCCEEDED else 0
    assert book.totals(NOW + timedelta(hours=1))["paid_fen"] == money_left


def test_the_statement_has_one_line_a_payout_over_all_pages(journal: Path) -> None:
    book = PayoutBook(journal)
    for number in range(5):
        book.pay(f"k{number}", request(), NONE, NOW + timedelta(minutes=number))
        book.pay(f"k{number}", request(), NONE, NOW + timedelta(minutes=number))
    first, following = book.statement(NOW + timedelta(minutes=1), 0, 3, NOW)
    assert following is not None
    rest, end = book.statement(NOW + timedelta(minutes=1), following, 3, NOW)
    assert [payout.key for payout in (*first, *rest)] == ["k1", "k2", "k3", "k4"]
    assert end is None


@pytest.mark.parametrize("amount", [0, -1, 1.5, "100", True])
def test_an_amount_is_a_whole_positive_number_of_fen(amount: object) -> None:
    body = {"amount_fen": amount, "currency": "CNY", "payee": {}, "reference": "r"}
    with pytest.raises(ValueError, match="amount_fen"):
        PayoutRequest.model_validate(body)
