"""What the demo counts as a customer's notice: not what staff and partners are pushed (NO-7)."""

import httpx
import pytest

from demo.invariants.lost import notice_id
from demo.seen.providers import NEWS, arrivals
from tests.answering import answered_by

IDS = [
    "<5b1.PC7K2M9Q4D@parcelcare.example>",
    "<push-77aa@parcelcare.example>",
    "push-77ab",
    "5b2",
    "<push-77ac@parcelcare.example>",
]


@pytest.mark.req("NO-7")
async def test_pushes_are_left_out_wherever_they_stand_on_a_page() -> None:
    rows = [{"number": n, "message_id": i, "recipient": "r", "subject": "s"} for n, i in enumerate(IDS, 1)][::-1]
    asked = []

    def page(request: httpx.Request) -> httpx.Response:
        before = int(request.url.params.get("before", 99))
        asked.append((before, int(request.url.params["limit"])))
        found = [row for row in rows if row["number"] < before][:2]
        following = found[-1]["number"] if found and found[-1]["number"] != 1 else None
        return httpx.Response(200, json={"messages": found, "next": following})

    client = answered_by(page)
    assert [a.number for a in await arrivals(client, "http://x", "messages")] == [1, 4]
    asked.clear()
    assert [a.number for a in await arrivals(client, "http://x", "messages", after=4)] == []
    assert asked == [(99, NEWS)], "what was read before is not read again, also where only pushes are new"
    assert notice_id(IDS[0]) == "5b1"
