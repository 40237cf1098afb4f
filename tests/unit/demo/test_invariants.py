"""The judgement: a whole day holds; each rule, broken on purpose, is reported, and nothing else is."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from demo.corpus import Intent
from demo.gateways.answer import Place, Refused, Taken
from demo.invariants import RULES, Verdict, judge
from demo.invariants.finding import GRACE_S, Evidence
from demo.ledger import Ledger
from demo.population import Person
from demo.schedule import Timetable
from demo.seen.observations import Observations
from demo.seen.providers import Arrival, StatementLine
from demo.sending import Contact, Purpose, Route, Sending, print_of
from tests.unit.demo.records import AT, Feed

pytestmark = pytest.mark.req("SY-2")


@dataclass
class World:
    """A small day in which everything holds; tests spoil one thing each."""

    person: Person
    ledger: Ledger = field(default_factory=Ledger)
    seen: Observations = field(default_factory=Observations)
    statement: list[StatementLine] = field(default_factory=list)
    mails: list[Arrival] = field(default_factory=list)
    webhooks: list[Arrival] = field(default_factory=list)
    now: float = 100.0

    def __post_init__(self) -> None:
        self.feed = Feed(self.seen)
        self.contact("w1", "i1", "快递到哪了")
        self.contact("m1", None, "一直没到", route=Route.MAIL)
        self.contact("k1", None, "显示签收没收到", route=Route.CONTACTS_TOPIC)
        self.interaction("i1", "快递到哪了", "case1")
        self.interaction("i2", "一直没到", "case2", message_id="m1")
        self.interaction("i3", "显示签收没收到", "case3")
        self.ledger.scans.add(("SF1", AT))
        self.feed.scan("SF1")
        self.feed.case("case4", {"type": "opened"}, origin="parcel_exception", exception_id="x1")
        self.feed.incident("opened")
        self.feed.incident_parcel("YT1")
        self.feed.paid_claim("c1")
        self.statement.append(StatementLine("po-d-c1", "CL-c1-1", 12800, "succeeded"))
        self.feed.notice("n1")
        self.mails.append(mail_of("n1"))
        self.garbage()

    def contact(self, key: str, interaction_id: str | None, text: str, route: Route = Route.WEB) -> Sending:
        contact = Contact("web", self.person, Intent.WHERE, None, print_of(AT, text))
        sending = Sending(AT, route, Purpose.CONTACT, key, b"{}", contact=contact)
        self.ledger.taken(sending, Taken(202, interaction_id))
        self.ledger.counts["delivered"] += 1
        return sending

    def interaction(self, interaction_id: str, text: str, case_id: str, message_id: str | None = None) -> None:
        self.feed.interaction(interaction_id, text, message_id)
        self.feed.case(case_id, {"type": "contact_added", "interaction_id": interaction_id})

    def garbage(self) -> None:
        by_http = Sending(AT, Route.WEB, Purpose.GARBAGE, "g1", b"{", note="bad JSON")
        by_kafka = Sending(AT, Route.PARCELS_TOPIC, Purpose.GARBAGE, "g2", b"{", note="bad JSON")
        self.ledger.refusal(by_http, Refused(400))
        self.ledger.taken(by_kafka, Taken(200, place=Place("gateway-parcels.v1", 0, 4)))
        self.feed.dead_letter("gateway-parcels.v1", 0, 4)
        self.ledger.refusal(Sending(AT, Route.WEB, Purpose.FORGED, "f1", b"{}"), Refused(401))

    def judged(self) -> Verdict:
        return judge(Evidence(self.ledger, self.seen, self.statement, self.mails, self.webhooks, self.now))


def mail_of(notice_id: str, case: str = "PC7K2M9Q4D") -> Arrival:
    return Arrival(1, f"<{notice_id}.{case}@parcelcare.example>", "a@example.com", f"[{case}] 已受理")


@pytest.fixture
def world(plan: Timetable) -> World:
    return World(plan.people[0])


def broken(verdict: Verdict) -> set[str]:
    return {finding.name for finding in verdict.findings if finding.broken}


def test_a_day_without_fault_holds(world: World) -> None:
    verdict = world.judged()
    assert verdict.holds, broken(verdict)
    assert verdict.accepted == 3
    assert verdict.decided_fen == verdict.paid_fen == 12800
    assert len(verdict.findings) == len(RULES)
    assert {f.name for f in verdict.findings if f.of == 0} == {"other_answer"}


def drop_interaction(w: World) -> None:
    del w.seen.interactions["i1"]


def drop_mail_interaction(w: World) -> None:
    w.contact("m9", None, "没有人理", route=Route.MAIL)


def lose_scan(w: World) -> None:
    w.ledger.scans.add(("SF2", AT))


def lose_case(w: World) -> None:
    w.feed.interaction("i9", "在吗")


def lose_mail(w: World) -> None:
    w.feed.notice("n2", text="进度更新")


def refuse_good(w: World) -> None:
    w.ledger.refusal(w.contact("w8", "i1", "好的"), Refused(422))
    del w.ledger.contacts["w8"]


def nobody_answers(w: World) -> None:
    w.ledger.given_up.append(Sending(AT, Route.WEB, Purpose.CONTACT, "w9", b""))


def double_interaction(w: World) -> None:
    w.interaction("i8", "快递到哪了", "case8")


def other_answer(w: World) -> None:
    w.ledger.taken(w.ledger.contacts["w1"].sending, Taken(202, "i77"))


def two_cases(w: World) -> None:
    w.feed.case("case9", {"type": "contact_added", "interaction_id": "i1"})


def two_exception_cases(w: World) -> None:
    w.feed.case("case5", {"type": "opened"}, origin="parcel_exception", exception_id="x1")


def pay_twice(w: World) -> None:
    w.statement.append(StatementLine("po-other", "CL-c1-1", 12800, "succeeded"))


def another_message_id(w: World) -> None:
    w.mails.append(mail_of("n1", case="PC00000000"))


def tell_twice(w: World) -> None:
    w.feed.notice("n3")
    w.mails.append(mail_of("n3"))


def tell_of_an_incident_twice(w: World) -> None:
    w.feed.incident_parcel("YT2")


def two_cases_under_an_incident(w: World) -> None:
    for n in (1, 2):
        more = {"tracking_numbers": ["YT1"], "exception_id": f"y{n}"}
        w.feed.case(f"case-y{n}", {"type": "opened"}, origin="parcel_exception", **more)


def pay_a_fen_less(w: World) -> None:
    w.statement[0] = replace(w.statement[0], amount_fen=12799)


def pay_for_nothing(w: World) -> None:
    w.statement.append(StatementLine("po-x", "CL-nobody-1", 100, "succeeded"))


def decide_without_paying(w: World) -> None:
    w.feed.paid_claim("c2", status="requested")


def order_without_decision(w: World) -> None:
    w.feed.order("d-c3", "c3", 500)
    w.statement.append(StatementLine("po-d-c3", "CL-c3-1", 500, "succeeded"))


def order_more_than_decided(w: World) -> None:
    payout = {"decision_id": "d-c4", "amount_fen": 900, "status": "requested"}
    w.feed.claim("c4", "decided", payout=payout, award={"amount_fen": 900})
    w.feed.order("d-c4", "c4", 1900)
    w.statement.append(StatementLine("po-d-c4", "CL-c4-1", 1900, "succeeded"))


def award_more_than_ordered(w: World) -> None:
    payout = {"decision_id": "d-c5", "amount_fen": 900, "status": "requested"}
    w.feed.claim("c5", "decided", payout=payout, award={"amount_fen": 1000})
    w.feed.order("d-c5", "c5", 900)
    w.statement.append(StatementLine("po-d-c5", "CL-c5-1", 900, "succeeded"))


def say_paid_when_refused(w: World) -> None:
    w.statement[0] = replace(w.statement[0], status="refused")


def take_garbage(w: World) -> None:
    w.ledger.taken(Sending(AT, Route.WEB, Purpose.GARBAGE, "g3", b"{", note="bad JSON"), Taken(202, "i5"))


def lose_kafka_garbage(w: World) -> None:
    piece = Sending(AT, Route.PARCELS_TOPIC, Purpose.GARBAGE, "g4", b"{", note="bad JSON")
    w.ledger.taken(piece, Taken(200, place=Place("gateway-parcels.v1", 0, 5)))


def fail_on_garbage(w: World) -> None:
    w.ledger.refusal(Sending(AT, Route.WEB, Purpose.GARBAGE, "g5", b"{", note="bad JSON"), Refused(500))


def take_a_forgery(w: World) -> None:
    w.ledger.taken(Sending(AT, Route.WEB, Purpose.FORGED, "f2", b"{}"), Taken(202, "i6"))


SPOILT: tuple[tuple[Callable[[World], None], set[str]], ...] = (
    (drop_interaction, {"contact_without_interaction"}),
    (drop_mail_interaction, {"contact_without_interaction"}),
    (lose_scan, {"scan_without_event"}),
    (lose_case, {"interaction_without_case"}),
    (lose_mail, {"notice_without_mail"}),
    (refuse_good, {"good_refused"}),
    (nobody_answers, {"good_refused"}),
    (double_interaction, {"contact_doubled"}),
    (other_answer, {"other_answer"}),
    (two_cases, {"interaction_in_two_cases"}),
    (two_exception_cases, {"exception_in_two_cases"}),
    (tell_of_an_incident_twice, {"incident_told_twice"}),
    (two_cases_under_an_incident, {"incident_parcel_with_two_cases"}),
    (pay_twice, {"decision_paid_twice"}),
    (another_message_id, {"notice_with_two_ids"}),
    (tell_twice, {"change_told_twice"}),
    (pay_a_fen_less, {"paid_other_amount"}),
    (pay_for_nothing, {"paid_other_amount"}),
    (decide_without_paying, {"ordered_not_paid"}),
    (order_without_decision, {"order_without_decision"}),
    (order_more_than_decided, {"order_without_decision"}),
    (award_more_than_ordered, {"order_without_decision"}),
    (say_paid_when_refused, {"said_paid_but_not"}),
    (take_garbage, {"garbage_accepted"}),
    (lose_kafka_garbage, {"garbage_accepted"}),
    (fail_on_garbage, {"refused_as_our_fault"}),
    (take_a_forgery, {"forgery_accepted"}),
)


@pytest.mark.parametrize(("spoil", "names"), SPOILT, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_broken_is_reported_and_nothing_else(
    world: World, spoil: Callable[[World], None], names: set[str]
) -> None:
    spoil(world)
    verdict = world.judged()
    assert broken(verdict) == names
    assert not verdict.holds
    assert all(finding.examples for finding in verdict.findings if finding.broken)


def test_every_rule_is_broken_by_some_test() -> None:
    assert {name for _, names in SPOILT for name in names} == {rule_name(rule) for rule in RULES}


def rule_name(rule: Callable[[Evidence], object]) -> str:
    return rule(Evidence(Ledger(), Observations())).name  # type: ignore[attr-defined, no-any-return]


def test_what_is_very_new_may_still_be_on_its_way(world: World) -> None:
    world.feed.interaction("i9", "在吗", at=world.now - GRACE_S / 2)
    world.feed.notice("n9", text="另一件", at=world.now - GRACE_S / 2)
    assert world.judged().holds
    world.now += GRACE_S
    assert broken(world.judged()) == {"interaction_without_case", "notice_without_mail"}


def test_a_repeated_mail_is_recognisable_and_no_double(world: World) -> None:
    world.mails.append(world.mails[0])
    verdict = world.judged()
    assert verdict.holds
    assert verdict.repeated == 1


def test_a_notice_that_failed_for_good_is_not_lost(world: World) -> None:
    lose_mail(world)
    world.feed.add("notices.v1", {"notice_id": "n2", "reason": "mailbox unknown"})
    assert world.judged().holds


def test_a_webhook_is_an_arrival_too(world: World) -> None:
    world.feed.notice("n4", text="给商家", channel="webhook")
    world.webhooks.append(Arrival(1, "n4", "merchant", "notice"))
    assert world.judged().holds


def test_a_refused_payment_is_no_payment(world: World) -> None:
    world.feed.paid_claim("c6", 700, status="refused")
    world.statement.append(StatementLine("po-d-c6", "CL-c6-1", 700, "refused"))
    verdict = world.judged()
    assert verdict.holds
    assert (verdict.decided_fen, verdict.paid_fen, verdict.refused_fen) == (13500, 12800, 700)


def test_a_refused_payment_whose_claim_is_decided_again_breaks_nothing(world: World) -> None:
    payout = {"decision_id": "d-c6", "amount_fen": 900, "provider_ref": "po-d-c6"}
    world.feed.claim("c6", "decided", payout={**payout, "status": "requested"}, award={"amount_fen": 900})
    world.feed.order("d-c6", "c6", 900)
    world.statement.append(StatementLine("po-d-c6", "CL-c6-1", 900, "refused"))
    refused = {**payout, "status": "refused"}
    world.feed.claim("c6", "decided", version=3, payout=refused, award={"amount_fen": 0}, state="rejected")
    assert broken(world.judged()) == set()
