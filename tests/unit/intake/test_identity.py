"""IN-5: who is one customer, in whatever order it is said, and what a person decides about it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.gateways import RULES as DIRECTORY
from services.intake.identity.book import Book, Stored
from services.intake.identity.circle import Circle, to_json
from services.intake.identity.links import marks_of
from services.intake.identity.rules import identity_rules
from services.intake.identity.settling import Settled
from services.intake.identity.statement import Named, Statement, of_contact, of_order
from services.intake.identity.verdicts import Decided, Refused, merge, unmerge
from services.intake.lined_yaml import RuleFileError
from shared.contracts.customers import (
    CustomerEvent,
    CustomersMerged,
    CustomersSeparated,
    Evidence,
    HandleKind,
    HandlesLinked,
)
from shared.contracts.interactions import Finding, FindingKind
from shared.contracts.orders import OrderEvent, OrderStage
from shared.contracts.people import Channel, ContactKind, ContactPoint
from shared.contracts.personal import Personal
from tests.unit.intake.given import IDENTITY
from tests.unit.routing.builders import contact, customer

pytestmark = pytest.mark.req("IN-5")

NOON = datetime(2026, 11, 11, 4, 0, tzinfo=UTC)
RULES = identity_rules()
KINDS = {"p": HandleKind.PHONE, "m": HandleKind.EMAIL, "o": HandleKind.OPENID}


def said(handles: str, at: int = 0, evidence: Evidence = Evidence.WEB, read: str = "") -> Statement:
    """Handles by name: p1 m1 o1 are a phone, a mail address and an openid; named at so many minutes past noon."""

    def named(names: str) -> tuple[Named, ...]:
        return tuple(Named(name, KINDS[name[0]], Personal(name)) for name in names.split())

    when = NOON + timedelta(minutes=at)
    return Statement(f"{handles}/{at}", when, evidence, named(handles), named(read))


class Told:
    """The circles, and what was announced; each statement in a batch of its own, as it comes."""

    def __init__(self, *statements: Statement, nobodys: Sequence[str] = ()) -> None:
        self.circles: dict[str, Circle] = {}
        self.events: list[CustomerEvent] = []
        self._nobodys = nobodys
        for statement in statements:
            self.hear(statement)

    def hear(self, *statements: Statement) -> list[CustomerEvent]:
        ids = {n.id for s in statements for n in (*s.handles, *s.read)}
        mine = [stored(c) for c in self.circles.values() if ids.intersection(c.ids)]
        book = Book(mine, RULES, self._nobodys)
        events = [e for s in statements for e in book.hear(s)]
        for circle in mine:
            del self.circles[circle.circle_id]
        self.circles |= {i: c.circle if isinstance(c, Stored) else c for i, c in book.now.items()}
        self.events += events
        return events

    def circle_of(self, handle: str) -> Circle:
        return next(c for c in self.circles.values() if handle in c.ids)

    def merge(self, one: str, other: str, at: int) -> None:
        mine = {c.circle_id: c for c in (self.circle_of(one), self.circle_of(other))}
        self._decided(list(mine.values()), merge(list(mine.values()), one, other, decided(at), RULES))

    def unmerge(self, one: str, restore: str, at: int) -> None:
        circle = self.circle_of(one)
        self._decided([circle], unmerge(circle, one, restore, decided(at), RULES))

    def _decided(self, before: Iterable[Circle], settled: Settled) -> None:
        for circle in before:
            del self.circles[circle.circle_id]
        self.circles[settled.circle.circle_id] = settled.circle
        self.events += settled.events

    @property
    def customers(self) -> dict[str, str]:
        """The handles of each customer, by its id."""
        return {k.customer_id: " ".join(k.handles) for c in self.circles.values() for k in c.customers}


def stored(circle: Circle) -> Stored:
    """As the database has it."""
    text = to_json(circle).decode()
    return Stored(circle.circle_id, circle.revision, tuple(circle.ids), marks_of(circle), text)


def decided(at: int) -> Decided:
    return Decided("wang", Personal("同一人"), NOON + timedelta(minutes=at))


def aliases(events: Iterable[CustomerEvent]) -> Mapping[str, str]:
    """Whom each handle means, as a reader of customers.v1 knows it: the highest version of each handle."""
    found: dict[str, tuple[int, str]] = {}
    for event in events:
        for known in event.customers:
            for handle in known.handles:
                found[handle] = max(found.get(handle, (0, "")), (event.version, known.customer_id))
    return {handle: customer_id for handle, (_, customer_id) in found.items()}


NAMES = st.sampled_from(["p1", "p2", "p3", "m1", "m2", "m3", "o1", "o2"])
HANDLES = st.lists(NAMES, min_size=1, max_size=3, unique=True)
STATEMENTS = st.lists(st.tuples(HANDLES, st.integers(0, 9)), min_size=1, max_size=12).map(
    lambda found: [said(" ".join(handles), at) for handles, at in found]
)
CROWDED = st.lists(st.tuples(st.sampled_from(["p1", "p2"]), st.integers(1, 7)), min_size=1, max_size=20).map(
    lambda found: [said(f"{phone} m{n}", n) for phone, n in found]
)


@given(st.one_of(STATEMENTS, CROWDED), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_order_and_repetition_gives_the_same_customers(statements: list[Statement], random: object) -> None:
    told = Told(*statements)
    again = [*statements, *statements]
    random.shuffle(again)  # type: ignore[attr-defined]
    other = Told(*again)
    assert other.customers == told.customers
    in_one_batch = Told()
    in_one_batch.hear(*again)
    assert in_one_batch.customers == told.customers
    for circles in (told, other):
        before = dict(circles.circles)
        assert [e for s in statements for e in circles.hear(s)] == []
        assert circles.circles == before, "a repeat is written nowhere"


@given(st.one_of(STATEMENTS, CROWDED), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_a_reader_knows_the_customers_from_the_events_in_any_order(statements: list[Statement], random: object) -> None:
    told = Told(*statements)
    events = [*told.events, *told.events]
    random.shuffle(events)  # type: ignore[attr-defined]
    known = aliases(events)
    for customer_id, handles in told.customers.items():
        assert {known.get(h, h) for h in handles.split()} == {customer_id}


@given(STATEMENTS, st.data())
@settings(max_examples=200, deadline=None)
def test_unmerge_restores_what_was_and_the_same_again_leaves_it_so(
    statements: list[Statement], data: st.DataObject
) -> None:
    told = Told(*statements)
    if len(told.customers) < 2:
        return
    before = told.customers
    one, other = data.draw(st.permutations(sorted(before)))[:2]
    told.merge(one, other, 20)
    assert len(told.customers) == len(before) - 1
    event = told.events[-1]
    assert isinstance(event, CustomersMerged)
    told.unmerge(event.customer_id, event.absorbed[0], 21)
    assert told.customers == before
    for statement in (*statements, said(f"{one} {other}", 30)):
        told.hear(statement)
    assert told.customers[one] == before[one]
    assert told.customers[other] == before[other]
    assert set(told.customers) == set(before)
    known = aliases(told.events)
    assert known[one] == one
    assert known[other] == other


def test_the_same_statement_merges_by_itself_and_is_undone_exactly() -> None:
    told = Told(said("p1 m1", 0), said("o1", 1), said("m1 o1", 2))
    (linked, merged) = told.events
    assert isinstance(linked, HandlesLinked)
    assert isinstance(merged, CustomersMerged)
    assert (merged.customer_id, merged.absorbed, merged.because) == ("p1", ("o1",), ("m1", "o1"))
    told.unmerge("p1", "o1", 3)
    assert told.customers == {"p1": "m1 p1", "o1": "o1"}
    separated = told.events[-1]
    assert isinstance(separated, CustomersSeparated)
    assert (separated.restored, separated.actor) == (("o1",), "wang")
    assert {k.customer_id: k.apart for k in separated.customers} == {"p1": ("o1",), "o1": ("m1", "p1")}
    told.hear(said("m1 o1", 4))
    assert told.customers == {"p1": "m1 p1", "o1": "o1"}, "a person's decision wins"
    told.merge("p1", "o1", 5)
    assert told.customers == {"p1": "m1 o1 p1"}, "until it is revoked"
    assert told.events[-1].customers[0].apart == ()


def test_three_that_became_one_at_once_are_undone_one_by_one() -> None:
    told = Told(said("p1", 0), said("m1", 1), said("o1", 2), said("p1 m1 o1", 3))
    assert told.customers == {"p1": "m1 o1 p1"}
    told.unmerge("p1", "m1", 4)
    assert told.customers == {"p1": "o1 p1", "m1": "m1"}


def test_the_older_goes_on_and_of_two_at_once_the_phone() -> None:
    assert Told(said("p9", 5), said("o1", 1), said("p9 o1", 7)).customers == {"o1": "o1 p9"}
    assert Told(said("o1 m1 p9", 0)).customers == {"p9": "m1 o1 p9"}


def test_a_number_in_a_text_only_suggests() -> None:
    told = Told(said("p1", 0), said("o1", 1, Evidence.WECHAT, read="p1"))
    assert told.customers == {"p1": "p1", "o1": "o1"}
    assert [(m.own, m.other) for m in told.circle_of("o1").mentions] == [("o1", "p1")]
    assert told.events == []


def test_what_a_merchant_fills_in_only_suggests() -> None:
    told = Told(said("p1 m1", 0, Evidence.WEBHOOK))
    assert told.customers == {"p1": "p1", "m1": "m1"}


def test_an_outlets_phone_merges_nobody_any_more() -> None:
    most = RULES.shared.most_of_one_kind
    told = Told(*(said(f"p1 m{n}", n) for n in range(most)))
    assert len(told.customers) == 1
    told.hear(said(f"p1 m{most}", most), said("m0 o1", most))
    assert len(told.customers) == most + 2, "each on their own, and the phone"
    assert told.customers["m0"] == "m0 o1"
    assert any(isinstance(e, CustomersSeparated) for e in told.events)
    before = told.circle_of("p1")
    for n in range(most + 1, most + 300):
        told.hear(said(f"p1 m{n}", n))
    assert told.circle_of("p1") == before, "it grows no more"


def test_a_number_that_is_known_as_nobodys_merges_nobody() -> None:
    told = Told(said("p1 m1", 0), said("p1 m2", 1), nobodys=["p1"])
    assert told.customers == {"p1": "p1", "m1": "m1", "m2": "m2"}


def test_a_circle_has_an_end() -> None:
    told = Told(*(said(f"p{n} m{n}", n) for n in range(80)), *(said(f"m{n} p{n + 1}", n) for n in range(79)))
    assert max(len(c.handles) for c in told.circles.values()) == RULES.largest


def test_what_changes_nothing_is_refused() -> None:
    told = Told(said("p1 m1", 0), said("o1", 1))
    with pytest.raises(Refused, match="one customer already"):
        told.merge("p1", "p1", 2)
    with pytest.raises(Refused, match="absorbed no such"):
        told.unmerge("p1", "m1", 2)
    with pytest.raises(Refused, match="another id"):
        told.merge("m1", "o1", 2)


def test_what_a_contact_says() -> None:
    phone, mail = "+8613800000001", "ann@example.cn"
    ann = customer(IDENTITY.customer_id(phone_e164=phone), phone=phone, email=mail)
    found = Finding(kind=FindingKind.PHONE, start=0, end=1, personal=Personal("+8613900000002"))
    switchboard = Finding(kind=FindingKind.PHONE, start=0, end=1, personal=Personal("+864008111111"))
    own = Finding(kind=FindingKind.PHONE, start=0, end=1, personal=Personal(phone))
    statement = of_contact(
        contact(who=ann, tracking_numbers=("SF1",), order_numbers=("T1",), found=(found, switchboard, own)), IDENTITY
    )
    assert statement is not None
    assert [h.id for h in statement.handles] == [ann.customer_id, IDENTITY.customer_id(email=mail)]
    assert [h.id for h in statement.read] == [IDENTITY.customer_id(phone_e164="+8613900000002")]
    assert statement.references == ("p:SF1", "o:T1")
    assert statement.evidence is Evidence.WEB
    assert of_contact(contact(who=customer("unknown-1")), IDENTITY) is None


def test_what_an_order_says_and_a_shops_own_id() -> None:
    openid = ContactPoint(kind=ContactKind.OPENID, value=Personal("o-1"))
    buyer = customer("shop-17", phone="+8613800000001").model_copy(update={"contacts": (openid,)})
    order = OrderEvent(order_number="T1", shop="s", stage=OrderStage.PAID, occurred_at=NOON, customer=buyer)
    statement = of_order(order, "e1", IDENTITY)
    assert statement is not None
    assert [h.kind for h in statement.handles] == [HandleKind.GIVEN, HandleKind.OPENID]
    assert of_order(order.model_copy(update={"customer": None}), "e1", IDENTITY) is None


@pytest.mark.parametrize("channel", Channel)
def test_every_channel_is_evidence_of_a_kind(channel: Channel) -> None:
    statement = of_contact(contact(channel=channel), IDENTITY)
    assert statement is not None


@pytest.mark.parametrize(
    ("found", "instead", "says"),
    [
        ("most_of_one_kind: 4", "most_of_one_kind: 0", "20: shared.most_of_one_kind"),
        ("{of: text,", "{of: test,", "evidence.7.of"),
        ("  - {of: weibo,   merges: true,", "  - {of: wechat,  merges: true,", "one row for each"),
        ("nobodys: []", "nobodys: [{number: 0755-88886666, reason: 网点}]", "E.164"),
        ("source:", "sauce:", "source"),
    ],
)
def test_a_wrong_rule_stops_the_start(tmp_path: Path, found: str, instead: str, says: str) -> None:
    text = (DIRECTORY / "identity.yaml").read_text("utf-8")
    assert found in text
    file = tmp_path / "identity.yaml"
    file.write_text(text.replace(found, instead), "utf-8")
    with pytest.raises(RuleFileError, match=says):
        identity_rules(file)
