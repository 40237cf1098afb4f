"""Calls in stages on a real Kafka and MongoDB: one contact for a call, whatever comes when, and whoever dies (IN-6)."""

import signal
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.adapters.stages import call_id_of
from services.intake.calls.telling import contact_id_of
from shared.contracts.interactions import Interaction
from shared.contracts.topics import CALL_STAGES, INTERACTIONS
from tests.integration.intake.harness import Bench, ids
from tests.integration.polling import poll
from tests.unit.intake.test_phone import STAGES

CONTACT = contact_id_of(call_id_of("call-centre", "c-1"))


async def contacts(bench: Bench) -> list[Interaction]:
    """Each once, as its readers see them: by id."""
    return list({i.interaction_id: i for i in await bench.contacts()}.values())


async def remembered(bench: Bench) -> list[dict[str, Any]]:
    return await bench.mongo[bench.names.database("intake")]["calls"].find().to_list(10)


@pytest.mark.req("IN-1", "IN-6", "SY-2")
async def test_stages_in_reverse_and_twice_are_one_contact(bench: Bench) -> None:
    intake = await bench.intake()
    for n, body in reversed(list(enumerate(STAGES))):
        first = await bench.webhook(intake, "call-centre", body, f"m{n}")
        again = await bench.webhook(intake, "call-centre", body, f"m{n}")
        assert (first.status_code, again.content) == (202, first.content)
    assert len(ids(await bench.records(CALL_STAGES))) == len(STAGES)
    await bench.until_records(INTERACTIONS, 1)
    # As another delivery of the platform, which its id does not show: still the same contact.
    for n, body in enumerate(STAGES):
        await bench.webhook(intake, "call-centre", body, f"again-{n}")

    async def all_read() -> bool:
        (row,) = await remembered(bench)
        return str(row["call"]).count('"stage_id"') == 2 * len(STAGES)

    await poll(all_read, 30, what="all stages to be remembered")
    (contact,) = await contacts(bench)
    assert contact.interaction_id == CONTACT
    assert contact.call is not None
    assert (contact.call.rings, contact.call.wait_seconds, contact.call.talk_seconds) == (4, 21, 180)
    assert contact.tracking_numbers == ("YT1234567890123",)
    (recording,) = contact.media
    assert recording.url is not None
    assert (recording.url.reveal(), recording.ref) == ("https://pbx.example/r/1", contact.call.recording_ref)


@pytest.mark.req("IN-1", "IN-6", "SY-2")
async def test_a_call_survives_its_process_and_is_closed_when_its_time_is_up(bench: Bench) -> None:
    first = await bench.intake("intake-a")
    await bench.webhook(first, "call-centre", STAGES[0], "m0")
    await poll(lambda: remembered(bench), 30, what="the call to be remembered")
    assert await contacts(bench) == []
    await first.end(signal.SIGKILL)
    now = datetime.now(UTC).isoformat()
    second = await bench.intake("intake-b", CLOCK_RATE="7200", CLOCK_ANCHOR_REAL=now, CLOCK_ANCHOR_SIM=now)
    await bench.until_records(INTERACTIONS, 1)
    (missed,) = await contacts(bench)
    assert (missed.interaction_id, missed.call and missed.call.answered) == (CONTACT, False)
    assert missed.text.reveal().startswith("未接来电，请回电。振铃 4 次")
    await bench.webhook(second, "call-centre", STAGES[4], "m4")
    await bench.until_records(INTERACTIONS, 2)
    later = next(c for c in await contacts(bench) if c.interaction_id != CONTACT)
    assert (later.follows, later.customer.customer_id) == (CONTACT, missed.customer.customer_id)
