"""Asterisk: the manager's text, the calls of a queue, and the reader that listens to it (IN-1)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.adapters.ami import blocks
from services.intake.ami_reader import AmiReader, LoginRefused, Manager, action
from services.intake.delivery import Accepted, Reason, Rejected
from shared.contracts.calls import CallStep
from shared.contracts.people import ContactKind
from tests.unit.intake.calls_given import contact_of, is_taken_or_refused, signed, stages_in, take
from tests.unit.intake.given import SHARED_DATA, recordings_of

PHONE_DATA = SHARED_DATA / "phone"
START = 1795161000  # 2026-11-20T07:50:00Z


def event(name: str, after_s: int, **fields: str) -> str:
    common = {"Event": name, "Timestamp": f"{START + after_s}.25", "Uniqueid": "pbx-17.1", "Linkedid": "pbx-17.1"}
    return "".join(f"{n}: {v}\r\n" for n, v in {**common, **fields}.items()) + "\r\n"


CALLER = {"CallerIDNum": "13912345678", "CallerIDName": "李"}
JOINED = event("QueueCallerJoin", 0, **CALLER, Queue="care", Position="1", Count="1")
RINGS = event("AgentCalled", 5, **CALLER, Interface="PJSIP/220")
CONNECTED = event("AgentConnect", 21, **CALLER, HoldTime="21", RingTime="9", MemberName="220")
COMPLETED = event("AgentComplete", 201, **CALLER, HoldTime="21", TalkTime="180", Reason="caller")
HUNG_UP = event("Hangup", 201, **CALLER, Cause="16")
AGENT_HUNG_UP = event("Hangup", 20, Uniqueid="pbx-17.2", Cause="26")
ACCOUNTED = event("Cdr", 202, UserField="https://pbx.example/r/1.wav", Disposition="ANSWERED", BillableSeconds="201")
ABANDONED = event("QueueCallerAbandon", 35, **CALLER, HoldTime="35", Position="1", OriginalPosition="1")
WHOLE = (JOINED, RINGS, CONNECTED, AGENT_HUNG_UP, COMPLETED, HUNG_UP, ACCOUNTED)


def post(text: str, webhook_id: str = "m1") -> Accepted:
    return take(signed("asterisk", text.encode(), "text/plain", webhook_id))


@pytest.mark.req("IN-1", "IN-6")
@given(st.permutations(WHOLE * 2))
def test_a_queue_call_in_any_order_is_one_contact(order: Sequence[str]) -> None:
    contact = contact_of(*[post(text, f"m{n}") for n, text in enumerate(order)])
    assert contact.call is not None
    assert (contact.call.rings, contact.call.wait_seconds, contact.call.talk_seconds) == (5, 21, 180)
    assert contact.call.answered
    assert recordings_of(contact) == ["https://pbx.example/r/1.wav"]
    assert contact.customer.reach(ContactKind.PHONE) == "+8613912345678"
    assert contact.occurred_at.isoformat() == "2026-11-20T07:50:00.250000+00:00"


@pytest.mark.req("IN-1")
def test_many_events_may_come_in_one_delivery() -> None:
    together, apart = contact_of(post("".join(WHOLE))), contact_of(*[post(text) for text in WHOLE])
    assert (together.call, together.customer) == (apart.call, apart.customer)


@pytest.mark.req("IN-1")
@pytest.mark.parametrize("ends", [(ABANDONED,), (HUNG_UP,), (ACCOUNTED, HUNG_UP)])
def test_whom_no_agent_took_is_to_be_called_back(ends: Sequence[str]) -> None:
    contact = contact_of(*[post(text) for text in (JOINED, RINGS, AGENT_HUNG_UP, *ends)])
    assert contact.call is not None
    assert not contact.call.answered
    assert contact.text.reveal().startswith("未接来电，请回电。")


@pytest.mark.req("IN-1")
def test_handed_on_to_a_colleague_the_call_goes_on() -> None:
    handed_on = event("AgentComplete", 60, **CALLER, HoldTime="21", TalkTime="39", Reason="transfer")
    assert [s.step for s in stages_in(post(handed_on))] == [CallStep.ROUTED]


@pytest.mark.req("IN-1")
@pytest.mark.parametrize("name", ["queue_add.yaml", "queue_status.yaml"])
def test_the_sample_answers_are_read_and_are_no_calls(name: str) -> None:
    file = PHONE_DATA / name
    if not file.exists():
        pytest.skip("the shared samples are not here")
    text = file.read_text("utf-8")
    found = list(blocks(text))
    assert found[0]["response"] == "Success"
    assert sum("event" in block for block in found) == text.count("Event: ")
    assert all(block["queue"] for block in found if block.get("event") == "QueueMember")
    accepted = post(text)
    assert accepted.suppressed
    assert [m.topic for m in accepted.messages] == ["raw.v1"]


@pytest.mark.req("IN-1")
@pytest.mark.parametrize("number", ["", "<unknown>", "anonymous", "220"])
def test_an_extension_or_nobody_is_an_unknown_customer(number: str) -> None:
    (stage,) = stages_in(post(event("QueueCallerJoin", 0, CallerIDNum=number)))
    assert stage.customer is not None
    assert stage.customer.contacts == ()


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("Event: QueueCallerJoin\r\n\r\n", "/0/Linkedid"),
        (JOINED + event("AgentConnect", 1, HoldTime="soon"), "/1/holdtime"),
        (event("QueueCallerAbandon", 1, HoldTime="99999999"), "/0/holdtime"),
    ],
)
def test_a_wrong_field_is_named(text: str, pointer: str) -> None:
    with pytest.raises(Rejected) as refusal:
        post(text)
    assert [e.pointer for e in refusal.value.errors] == [pointer]


@pytest.mark.req("IN-8")
def test_a_name_in_another_charset_needs_the_gateways_setting() -> None:
    delivery = signed("asterisk", JOINED.encode("gb18030"), "text/plain")
    with pytest.raises(Rejected) as refusal:
        take(delivery)
    assert refusal.value.reason is Reason.MALFORMED
    chinese = delivery.gateway.model_copy(update={"charset": "gb18030"})
    assert len(stages_in(take(replace(delivery, gateway=chinese)))) == 1


LINES = st.tuples(
    st.sampled_from(["Event", "Uniqueid", "Linkedid", "HoldTime", "Timestamp", "CallerIDNum"]) | st.text(max_size=6),
    st.sampled_from(["QueueCallerJoin", "AgentConnect", "Hangup", "Cdr", "17.1", "12"]) | st.text(max_size=8),
)


@pytest.mark.req("IN-8")
@given(st.lists(st.lists(LINES, max_size=5), max_size=4))
def test_any_text_is_taken_or_refused(found: list[list[tuple[str, str]]]) -> None:
    text = "\n\n".join("\n".join(f"{n}: {v}" for n, v in block) for block in found)
    assert is_taken_or_refused(signed("asterisk", text.encode(), "text/plain"))


@given(st.text(alphabet="\r\n :aE", max_size=60))
def test_any_text_has_blocks(text: str) -> None:
    assert all(block for block in blocks(text))


class Exchange:
    """A manager interface that greets, checks the login, tells what happened, and hangs up."""

    def __init__(self, secret: str, tells: Sequence[str]) -> None:
        self._secret = secret
        self._tells = tells

    async def __aenter__(self) -> Manager:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return Manager("127.0.0.1", self._server.sockets[0].getsockname()[1], "parcelcare", "s3cret", patience_s=2)

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/7.0.3\r\n")
        (login,) = blocks((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")
        if (login["action"], login["secret"]) != ("Login", self._secret):
            writer.write(b"Response: Error\r\nMessage: Authentication failed\r\n\r\n")
        else:
            writer.write(b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n")
            writer.write("".join(self._tells).encode())
        await writer.drain()
        writer.close()


@pytest.mark.req("IN-1")
async def test_the_reader_logs_in_and_hands_in_what_concerns_a_call() -> None:
    handed: list[bytes] = []

    async def hand_in(block: bytes) -> None:
        handed.append(block)

    async with Exchange("s3cret", WHOLE) as manager:
        with pytest.raises(EOFError):
            await AmiReader(manager, hand_in).run()
    assert [b.decode() for b in handed] == [text for text in WHOLE if text is not RINGS]
    assert contact_of(*[take(signed("asterisk", b, "text/plain")) for b in handed]).call is not None


async def test_a_login_that_is_refused_says_so() -> None:
    async def hand_in(block: bytes) -> None:
        raise AssertionError

    async with Exchange("another", ()) as manager:
        with pytest.raises(LoginRefused, match="Authentication failed"):
            await AmiReader(manager, hand_in).run()
        assert "s3cret" not in repr(manager)


def test_no_field_of_an_action_can_begin_another_line() -> None:
    with pytest.raises(ValueError, match="line break"):
        action("Login", {"Username": "a\r\nAction: Originate"})
