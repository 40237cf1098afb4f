"""What a receiver keeps: every arrival, in order, still there after the process is gone."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tools.simulators.deliveries import LARGEST_BATCH, Deliveries, Delivery

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


def mail(message_id: str, recipient: str = "a@example.cn", subject: str = "您的包裹") -> Delivery:
    return Delivery(NOW, message_id, "care@example.cn", recipient, subject, b"raw")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mails.sqlite"


async def test_a_message_that_comes_twice_is_counted_as_repeated(file: Path) -> None:
    deliveries = Deliveries(file)
    for message_id in ("1", "2", "1"):
        await deliveries.keep(mail(message_id))
    assert deliveries.stats() == {"deliveries": 3, "distinct": 2, "repeated": 1}


async def test_what_was_acknowledged_is_on_disk(file: Path) -> None:
    await Deliveries(file).keep(mail("1"))
    found = Deliveries(file).find(1)
    assert found
    assert (found.message_id, found.raw, found.received_at) == ("1", b"raw", NOW)


async def test_more_than_one_batch_at_once(file: Path) -> None:
    deliveries = Deliveries(file)
    count = 2 * LARGEST_BATCH + 1
    await asyncio.wait_for(asyncio.gather(*(deliveries.keep(mail(str(n))) for n in range(count))), 20)
    assert deliveries.count() == count


async def test_pages_go_from_new_to_old_without_gaps(file: Path) -> None:
    deliveries = Deliveries(file)
    deliveries.insert([mail(str(number)) for number in range(5)])
    first = deliveries.listed(limit=3)
    rest = deliveries.listed(before=first[-1].number, limit=3)
    assert [one.message_id for one in (*first, *rest)] == ["4", "3", "2", "1", "0"]
    assert {one.raw for one in first} == {b""}


@pytest.mark.parametrize(("text", "found"), [("", 2), ("延误", 1), ("b@example.cn", 1), ("nobody", 0), ("%", 0)])
async def test_search_in_recipient_and_subject(file: Path, text: str, found: int) -> None:
    deliveries = Deliveries(file)
    deliveries.insert([mail("1", "a@example.cn", "包裹延误通知"), mail("2", "b@example.cn", "已签收")])
    assert len(deliveries.listed(text=text)) == found
