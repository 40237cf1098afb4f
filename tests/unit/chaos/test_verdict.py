"""What was lost or doubled is found: each rule is shown a run that breaks it, and one that does not."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from demo.gateways.answer import Taken
from demo.invariants.finding import Evidence
from demo.ledger import Ledger
from demo.seen.providers import Arrival, StatementLine
from demo.sending import Route, Sending
from shared.contracts.interactions import INTERACTION_RECEIVED
from tools.chaos.chronicle import RAISED, Chronicle
from tools.chaos.traffic import Author, Traffic
from tools.chaos.verdict import UNANSWERED, Case, judge

NOON = datetime(2026, 11, 11, 4, tzinfo=UTC)
LOST = "SF7000000000001"
Json = dict[str, Any]


class World:
    """One accepted chat, its case and its notice; one claim that was paid; one lost parcel. Parts can be left out."""

    def __init__(self) -> None:
        author = Author(7, "t", NOON)
        self.chat = replace(author.chat(NOON), route=Route.WEB)
        self.form = author.form(author.late(author.somebody()), NOON)
        self.scan = author.carriers.by_topic(author.under_way(author.somebody()), author.scan("hub_in", NOON, "loss"))
        self.ledger = Ledger()
        self.chronicle = Chronicle()
        self.mails = [Arrival(1, "<n-1.PC1@parcelcare.example>", "a@example.com", "")]
        self.statement = [StatementLine("po_1", "LP1-1", 1200, "succeeded")]
        for sending, name in ((self.chat, "i-1"), (self.form, "i-2")):
            self.ledger.taken(sending, Taken(202, name))
            self.interaction(name, sending)
        self.case("e-1", "c-1", 1, {"type": "opened", "interaction_id": "i-1"})
        self.case("e-2", "c-2", 1, {"type": "opened", "interaction_id": "i-2"}, contacts=[])
        self.claim("e-3", 1)
        self.loss("x-1")
        self.case("e-4", "c-3", 1, {"type": "opened"}, exception_id="x-1")
        self.record("payment-requests.v1", "e-5", decision_id="d-1", claim_id="l-1", reference="LP1-1", amount_fen=1200)
        self.notice("n-1")

    def record(self, topic: str, event_id: str, type: str = "", **event: Any) -> None:
        headers = {"ce_id": event_id.encode(), "ce_type": type.encode()}
        self.chronicle.add(topic, headers, orjson.dumps(event), 0.0)

    def interaction(self, interaction_id: str, sending: Sending) -> None:
        assert sending.contact
        at, _, text = sending.contact.print.partition(" ")
        self.record(
            "interactions.v1",
            interaction_id,
            INTERACTION_RECEIVED,
            interaction_id=interaction_id,
            channel="web",
            occurred_at=at,
            text=text,
        )

    def case(self, event_id: str, case_id: str, version: int, *changes: Json, **fields: Any) -> None:
        contacts = fields.pop("contacts", [{"kind": "email", "value": "a@example.com"}])
        case = {"case_id": case_id, "number": "PC1", "version": version, "channel": "web", "origin": "contact"}
        case |= {"classification": {"kind": "query", "tags": []}, "customer": {"contacts": contacts}, **fields}
        self.record("cases.v1", event_id, changes=changes, case=case, at=NOON.isoformat())

    def claim(self, event_id: str, version: int) -> None:
        payout = {"decision_id": "d-1", "amount_fen": 1200, "status": "succeeded", "provider_ref": "po_1"}
        claim = {"claim_id": "l-1", "number": "LP1", "case_number": "PC1", "version": version, "case_id": "c-2"}
        claim |= {"kind": "delay", "state": "paid", "payout": payout, "award": {"amount_fen": 1200}}
        self.record("claims.v1", event_id, changes=[], claim=claim, at=NOON.isoformat())

    def loss(self, exception_id: str) -> None:
        self.record(
            "parcel-exceptions.v1",
            exception_id,
            RAISED,
            exception_id=exception_id,
            kind="loss",
            parcel={"tracking_number": LOST},
        )

    def notice(self, notice_id: str, kind: str = "received") -> None:
        self.record(
            "notice-requests.v1",
            f"r-{notice_id}",
            notice_id=notice_id,
            kind=kind,
            case_id="c-1",
            channel="email",
            text="received",
            caused_at=NOON.isoformat(),
        )

    def judged(self) -> dict[str, int]:
        """The broken rules by name."""
        self.ledger.scans.add((LOST, NOON))
        self.chronicle.scans.add((LOST, NOON))
        traffic = Traffic((), (), frozenset({self.form.id}), frozenset({(LOST, NOON)}), ((self.chat.id, self.form.id),))
        if len(self.chronicle.cases_of_interaction.get("i-1", ())) < 2:
            traffic = replace(traffic, twins=())
        evidence = Evidence(self.ledger, self.chronicle, self.statement, self.mails)
        verdict = judge(Case(traffic, self.chronicle, evidence))
        assert verdict.holds == (not any(f.broken for f in verdict.findings if f.group != UNANSWERED))
        return {f.name: f.broken for f in verdict.findings if f.broken}


@pytest.mark.req("SY-2")
def test_a_good_run_holds() -> None:
    assert World().judged() == {}


@pytest.mark.req("SY-2")
def test_a_case_whose_customer_was_not_told_is_lost() -> None:
    world = World()
    world.mails.clear()
    assert world.judged() == {"notice_without_mail": 1, "case_without_received_notice": 1}


@pytest.mark.req("SY-2")
def test_only_a_simple_question_may_have_an_answer_in_place_of_a_receipt() -> None:
    world = World()
    world.chronicle.notices = {i: replace(n, kind="reply") for i, n in world.chronicle.notices.items()}
    assert world.judged() == {"case_without_received_notice": 1}
    world.chronicle.simple.add("c-1")
    assert world.judged() == {}


@pytest.mark.req("SY-2")
def test_a_notice_that_was_never_ordered_is_missed() -> None:
    world = World()
    world.case("e-9", "c-9", 1, {"type": "opened", "interaction_id": "i-9"})
    assert world.judged() == {"case_without_received_notice": 1}


@pytest.mark.req("SY-2")
def test_a_version_that_nobody_announced_is_lost() -> None:
    world = World()
    world.case("e-9", "c-1", 3, {"type": "classified"})
    assert world.judged() == {"change_never_announced": 1}


@pytest.mark.req("SY-2")
def test_a_version_that_was_decided_twice_is_doubled() -> None:
    world = World()
    world.claim("e-9", 1)
    assert world.judged() == {"change_decided_twice": 1}


@pytest.mark.req("SY-2")
def test_the_same_record_again_is_only_a_repeat() -> None:
    world = World()
    world.claim("e-3", 1)
    assert world.judged() == {}
    assert world.chronicle.repeated_records() == 1


@pytest.mark.req("SY-2")
def test_twins_in_two_cases_are_doubled() -> None:
    world = World()
    world.case("e-9", "c-8", 1, {"type": "contact_added", "interaction_id": "i-1"})
    assert world.judged() == {"interaction_in_two_cases": 1, "twins_in_two_cases": 1}


@pytest.mark.req("SY-2")
def test_a_loss_without_a_case_is_lost_and_one_raised_twice_doubled() -> None:
    world = World()
    world.chronicle.cases_of_exception.clear()
    world.loss("x-2")
    assert world.judged() == {"loss_without_case": 1, "loss_raised_twice": 1}


@pytest.mark.req("SY-2")
def test_a_form_without_a_claim_is_lost() -> None:
    world = World()
    world.chronicle.claims.clear()
    assert world.judged() == {"form_without_claim": 1}


@pytest.mark.req("SY-2")
def test_two_payments_for_one_decision_are_doubled() -> None:
    world = World()
    world.statement.append(StatementLine("po_2", "LP1-1", 1200, "succeeded"))
    assert world.judged() == {"decision_paid_twice": 1}


@pytest.mark.req("SY-2")
def test_a_dead_letter_is_a_loss_where_everything_is_well_formed() -> None:
    world = World()
    headers = {"ce_id": b"d-1", "dl_group": b"claims", "dl_reason": b"why", "dl_topic": b"cases.v1"}
    headers |= {"dl_partition": b"0", "dl_offset": b"7"}
    world.chronicle.add("dead-letters.v1", headers, b"{}", 0.0)
    assert world.judged() == {"well_formed_but_dead": 1}


def test_what_was_never_accepted_is_not_lost() -> None:
    world = World()
    world.ledger.given_up.append(world.chat)
    assert world.judged() == {"good_refused": 1}
