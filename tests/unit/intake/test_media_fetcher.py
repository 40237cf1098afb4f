"""A batch of files to fetch: into the store once, later, or never, and what its contact's readers are told (IN-4)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.intake.adapters.contact import interaction_message
from services.intake.media.download import Download
from services.intake.media.failures import Later, Never, NotThere
from services.intake.media.fetcher import MOST_RUNNING, Pace
from services.intake.media.storing import FAULTS
from services.intake.media.wishes import Naming, wishes_of
from services.intake.objects.faults import Infected, ObjectFault, StoreUnavailable, TooLarge, TypeRefused
from shared.contracts.interactions import (
    INTERACTION_RECEIVED,
    MEDIA_FAILED,
    MEDIA_STORED,
    Interaction,
    MediaFailed,
    MediaStored,
)
from shared.contracts.media import MediaFault, MediaKind, MediaRequested, PlatformMedia
from shared.contracts.people import Channel, Customer
from shared.contracts.personal import Personal
from shared.contracts.topics import INTERACTIONS, MEDIA_REQUESTS
from shared.messaging.message import Incoming
from shared.messaging.outcome import Done, Ignored, Retry
from tests.unit.intake.given import GATEWAYS, NOW
from tests.unit.intake.media_given import PICTURE, MemoryStore, fetcher, named, outcomes, platforms, wish

pytestmark = pytest.mark.req("IN-4")


class Scripted:
    """A platform of which the test says, for each time it is asked, what comes: a file, or a failure."""

    def __init__(self, *answers: bytes | Exception, delay_s: float = 0.0) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.closed = 0
        self.delay_s = delay_s

    async def open(self, media: PlatformMedia) -> Download:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await asyncio.sleep(self.delay_s)
        if isinstance(answer, Exception):
            raise answer
        return Download(_once(answer), "image/jpeg", self._close, len(answer))

    async def _close(self) -> None:
        self.closed += 1


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def contact(*media: PlatformMedia) -> Incoming[Any]:
    event = Naming(interaction_id="i-1", gateway="wechat", received_at=NOW, media=media)
    return Incoming("i-1", INTERACTION_RECEIVED, event, "c-1", NOW, INTERACTIONS.name, 0, 0, 0)


def test_a_contact_wishes_for_each_of_its_files_and_again_the_same() -> None:
    both = contact(named("m-1"), named("m-2"))
    wishes = wishes_of(both)
    assert wishes == wishes_of(both)
    assert isinstance(wishes, Done)
    assert len({m.id for m in wishes.messages}) == 2
    assert {(m.topic, m.key) for m in wishes.messages} == {(MEDIA_REQUESTS.name, "i-1")}
    first = MediaRequested.model_validate_json(wishes.messages[0].value)
    assert (first.media, first.customer_id, first.gateway) == (named("m-1"), "c-1", "wechat")
    assert wishes_of(contact()) == Ignored()


@pytest.mark.parametrize("media", [(), (named("m-1"),)])
def test_what_says_by_itself_that_it_names_no_file_is_not_read_further(media: tuple[PlatformMedia, ...]) -> None:
    told = Interaction(
        interaction_id="i-1",
        channel=Channel.WECHAT,
        gateway="wechat",
        customer=Customer(customer_id="c-1"),
        text=Personal('"media":[]'),
        occurred_at=NOW,
        received_at=NOW,
        media=media,
    )
    event = Naming.read(interaction_message(told, NOW, None).value)
    assert isinstance(event, Naming)
    assert event.media == media


async def test_a_file_is_stored_and_told_under_the_key_of_its_contact() -> None:
    source, store = Scripted(PICTURE), MemoryStore()
    (done,) = await outcomes(fetcher(source, store), wish(named()))
    (message,) = done.messages
    assert (message.topic, message.key, message.type) == (INTERACTIONS.name, "c-1", MEDIA_STORED)
    told = MediaStored.model_validate_json(message.value)
    assert (told.interaction_id, told.ref, told.kind) == ("i-1", named().ref, MediaKind.IMAGE)
    assert (told.attachment.ref, told.attachment.size) == (f"object:{told.attachment.sha256}", len(PICTURE))
    assert told.attachment.name.reveal() == "image.jpg"
    assert source.closed == 1


@pytest.mark.req("SY-2")
async def test_fetched_again_after_a_crash_it_is_the_same_object_and_the_same_news() -> None:
    store = MemoryStore()
    first = await outcomes(fetcher(Scripted(PICTURE), store), wish(named()))
    again = await outcomes(fetcher(Scripted(PICTURE), store), wish(named()))
    assert first == again
    assert len(store.objects) == 1


@pytest.mark.req("SY-2")
async def test_a_transaction_that_runs_again_fetches_nothing_again() -> None:
    source, store = Scripted(PICTURE), MemoryStore()
    it = fetcher(source, store)
    assert await outcomes(it, wish(named())) == await outcomes(it, wish(named()))
    assert source.asked == store.puts == 1


@pytest.mark.parametrize(
    ("failure", "age_h", "fault"),
    [
        (Later("HTTP 500"), 0, None),
        (Later("HTTP 500"), 71, None),
        (Later("HTTP 500"), 72, MediaFault.EXPIRED),
        (NotThere("HTTP 404"), 0, None),
        (NotThere("HTTP 404"), 1, MediaFault.GONE),
        (Never(MediaFault.GONE, "errcode 40007"), 0, MediaFault.GONE),
        (Never(MediaFault.ADDRESS_REFUSED, "…"), 0, MediaFault.ADDRESS_REFUSED),
    ],
)
async def test_a_failure_passes_until_the_platform_keeps_it_no_longer(
    failure: Exception, age_h: int, fault: MediaFault | None
) -> None:
    (outcome,) = await outcomes(fetcher(Scripted(failure), MemoryStore()), wish(named(), age=timedelta(hours=age_h)))
    if fault is None:
        assert outcome == Retry(str(failure))
        return
    (message,) = outcome.messages
    assert (message.topic, message.key, message.type) == (INTERACTIONS.name, "c-1", MEDIA_FAILED)
    assert MediaFailed.model_validate_json(message.value).fault is fault


async def test_a_gateway_that_fetches_nothing_tells_so_at_once() -> None:
    it = fetcher(Scripted(PICTURE), MemoryStore())
    (outcome,) = await outcomes(it, wish(named(), gateway="call-centre"))
    assert MediaFailed.model_validate_json(outcome.messages[0].value).fault is MediaFault.NOT_CONFIGURED


async def test_what_is_announced_too_large_is_not_even_read() -> None:
    store = MemoryStore()
    small = GATEWAYS["wechat"].model_copy(update={"media_limit_bytes": 1024})
    source = Scripted(PICTURE)
    (outcome,) = await outcomes(fetcher(source, store, small), wish(named()))
    assert MediaFailed.model_validate_json(outcome.messages[0].value).fault is MediaFault.TOO_LARGE
    assert (store.puts, source.closed) == (0, 1)


async def test_an_empty_file_is_none() -> None:
    assert await outcomes(fetcher(Scripted(b""), MemoryStore()), wish(named())) == [Retry("an empty file came")]


@pytest.mark.parametrize(
    ("refusal", "fault"),
    [
        (TooLarge(1024), MediaFault.TOO_LARGE),
        (TypeRefused("application/x-msdownload"), MediaFault.TYPE_REFUSED),
        (Infected("Eicar-Test-Signature"), MediaFault.INFECTED),
        (StoreUnavailable("away"), None),
    ],
)
async def test_what_the_store_will_not_have_is_told_and_a_store_that_is_away_is_waited_for(
    refusal: ObjectFault, fault: MediaFault | None
) -> None:
    (outcome,) = await outcomes(fetcher(Scripted(PICTURE), MemoryStore(failing=[refusal])), wish(named()))
    if fault is None:
        assert outcome == Retry("away")
    else:
        assert MediaFailed.model_validate_json(outcome.messages[0].value).fault is fault


def test_every_fault_of_the_store_has_a_meaning() -> None:
    assert {*FAULTS, StoreUnavailable} == set(ObjectFault.__subclasses__())


async def test_a_store_that_breaks_is_not_taken_for_a_delay() -> None:
    """An error that nobody foresaw reaches the loop, which tries it alone, parks it, and says so."""
    store = MemoryStore(failing=[ZeroDivisionError("bug")])
    source = Scripted(PICTURE)
    it = fetcher(source, store)
    with pytest.raises(ZeroDivisionError):
        await outcomes(it, wish(named()))
    assert source.closed == 1
    (done,) = await outcomes(it, wish(named()))
    assert isinstance(done, Done)


async def test_a_slow_file_goes_on_and_is_there_at_the_next_try() -> None:
    source, store = Scripted(PICTURE, delay_s=0.2), MemoryStore()
    it = fetcher(source, store, pace=Pace(batch_s=0.02, file_s=5.0, at_once=4))
    assert await outcomes(it, wish(named())) == [Retry("still on its way")]
    assert await outcomes(it, wish(named())) == [Retry("still on its way")]
    await asyncio.gather(*it._running.values())
    (done,) = await outcomes(it, wish(named()))
    assert isinstance(done, Done)
    assert source.asked == 1


async def test_a_file_that_never_ends_is_given_up_for_now() -> None:
    it = fetcher(Scripted(PICTURE, delay_s=30), MemoryStore(), pace=Pace(batch_s=5.0, file_s=0.02, at_once=4))
    assert await outcomes(it, wish(named())) == [Retry("took too long")]


async def test_one_slow_file_keeps_no_other_waiting_and_no_more_are_begun_than_can_be() -> None:
    source = Scripted(PICTURE, delay_s=30)
    it = fetcher(source, MemoryStore(), pace=Pace(batch_s=0.02, file_s=60.0, at_once=4))
    batch = [wish(named(f"m-{n}")) for n in range(MOST_RUNNING + 20)]
    assert await outcomes(it, *batch) == [Retry("still on its way")] * len(batch)
    assert (len(it._running), source.asked) == (MOST_RUNNING, 4)
    await it.close()
    assert not it._running


async def test_a_gateway_that_wants_rest_gets_it_and_others_go_on() -> None:
    source = Scripted(Later("errcode 45009", rest_s=300), PICTURE)
    it = fetcher(source, MemoryStore())
    assert await outcomes(it, wish(named("m-1"))) == [Retry("errcode 45009")]
    assert await outcomes(it, wish(named("m-2"))) == [Retry("its gateway rests after a failure")]
    assert source.asked == 1


async def test_from_wechat_through_a_bad_day(tmp_path: Path) -> None:
    there = platforms(tmp_path)
    store = MemoryStore()
    it = fetcher(there.wechat(), store)
    mark = there.keep("m-1")
    for faults in ({"busy": 1.0}, {"server_error": 1.0}, {"expired_token": 1.0}):
        there.fail(**faults)
        (delayed,) = await outcomes(it, wish(named(mark)))
        assert isinstance(delayed, Retry), faults
    there.fail()
    (done,) = await outcomes(it, wish(named(mark)))
    assert isinstance(done, Done)
    assert list(store.objects.values()) == [PICTURE]
