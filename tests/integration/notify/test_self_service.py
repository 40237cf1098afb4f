"""A question, its answer and the opinion about it, through routing and notify on the real servers (RO-3, RO-14)."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.cases import Case, CaseStatus
from shared.contracts.interactions import Interaction
from shared.contracts.parcels import PARCEL_SCANNED, ExceptionKind, Node, ParcelScan, Shipment
from shared.contracts.topics import PARCEL_EVENTS
from shared.messaging.message import outgoing
from tests.integration import asking
from tests.integration.notify.harness import Bench, Process
from tests.integration.notify.test_details import bodies
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench as Routing
from tests.unit.routing.builders import contact, customer

MAIL = "lin@example.cn"


async def scanned(routing: Routing, number: str, wrong: ExceptionKind | None = None) -> None:
    now = datetime.now(UTC)
    scan = ParcelScan(
        tracking_number=number,
        carrier="sf",
        node=Node.OUT_FOR_DELIVERY,
        occurred_at=now - timedelta(hours=1),
        place="武汉洪山网点",
        exception=wrong,
        shipment=Shipment(promised_at=now + timedelta(hours=5)),
    )
    message = outgoing(
        PARCEL_EVENTS, scan, type=PARCEL_SCANNED, key=number, cause=f"scan/{number}", time=now, source="test"
    )
    await routing.publisher.publish([message])


def asks(number: str, n: str, text: str | None = None) -> Interaction:
    who = customer(f"lin-{n}", email=MAIL)
    words = text or f"请问我的快递{number}到哪里了？"
    return contact(words, n, who, tracking_numbers=(number,), at=datetime.now(UTC))


async def case_in(routing: Routing, status: CaseStatus, group: str | None = None) -> Case:
    async def there() -> bool:
        cases = (await routing.cases()).values()
        return any(case.status is status and group in (None, case.group) for case in cases)

    await poll(there, 30, what=f"a case that is {status.value}")
    (case,) = (await routing.cases()).values()
    return case


async def answered(bench: Bench, routing: Routing, number: str) -> tuple[Case, Process]:
    """A question about a parcel that is out for delivery, and its answer."""
    await routing.start()
    notify = await bench.start()
    await scanned(routing, number)
    question = asks(number, "live-1")
    await routing.send(question, question)
    case = await case_in(routing, CaseStatus.RESOLVED)
    await poll(lambda: bench.catcher.subjects_to(MAIL), 30, what="the mail with the answer")
    return case, notify


@pytest.mark.req("RO-3", "NO-1")
async def test_where_is_my_parcel_is_answered_once_from_live_facts_and_agent_gives_a_person(
    bench: Bench, routing: Routing
) -> None:
    number = "SF2000000001"
    case, notify = await answered(bench, routing, number)
    assert (case.answered_by, case.agent) == ("self_service", None)
    (text,) = bodies(bench)
    for said in (number, "派件", "武汉洪山网点", "承诺送达时间", bench.page(case.case_id)):
        assert said in text
    changes = await routing.changes(case.case_id)
    assert (changes.count("replied"), changes.count("resolved")) == (1, 1)
    lookups = [row for row in await routing.lookups() if row.get("case_id")]
    assert [row["tracking_number"] for row in lookups] == [number]
    assert "自助服务" in (await notify.get(bench.page(case.case_id))).text

    await routing.send(asks(number, "live-1b", "转人工").model_copy(update={"customer": case.customer}))

    async def told() -> bool:
        return any("已为您转接人工客服" in body for body in bodies(bench))

    await poll(told, 30, what="the mail that says that a person has it")
    (case,) = (await routing.cases()).values()
    assert (case.answered_by, case.reopened) == (None, 1)
    assert len([text for text in bodies(bench) if "最新进展" in text]) == 1


@pytest.mark.req("RO-3")
async def test_a_parcel_with_an_exception_goes_to_a_person(bench: Bench, routing: Routing) -> None:
    await routing.start()
    number = "SF2000000002"
    await routing.send(asks(number, "wrong-1"))
    await case_in(routing, CaseStatus.ASSIGNED)
    (case,) = (await routing.cases()).values()
    assert case.answered_by is None
    assert "handed_over" in await routing.changes(case.case_id)


@pytest.mark.req("RO-14", "NO-6")
async def test_a_bad_opinion_opens_the_case_again_once(bench: Bench, routing: Routing) -> None:
    case, notify = await answered(bench, routing, "SF2000000003")
    page = bench.page(case.case_id) + "/survey"

    async def asked() -> bool:
        return 'type="radio"' in (await notify.get(page)).text

    await poll(asked, 30, what="the survey")
    assert page in bodies(bench)[0]
    async with asking.client() as client:
        for score in ("1", "5"):
            response = await client.post(notify.url + page, data={"score": score, "words": "还没送到"}, timeout=20)
            assert response.status_code == 200

    async def again() -> bool:
        return "survey_answered" in await routing.changes(case.case_id)

    await poll(again, 30, what="the opinion in the case")
    (after,) = (await routing.cases()).values()
    assert after.survey is not None
    assert (after.reopened, after.survey.score, after.answered_by) == (1, 1, None)

    async def shown() -> bool:
        return "1 / 5" in (await notify.get(bench.page(case.case_id))).text

    await poll(shown, 30, what="the rating on the page")
    assert (await routing.changes(case.case_id)).count("survey_answered") == 1
    assert "您打了 1 分" in (await notify.get(page)).text
