"""A complaint that does not say all, through routing and notify: asked once, the answer fills, no more (IN-7, NO-1)."""

from datetime import UTC, datetime

import pytest

from services.intake.extraction import filled
from shared.contracts.cases import CaseField
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel
from tests.integration.notify.harness import Bench
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench as Routing
from tests.unit.routing.builders import contact, customer

TODO = "您可以补充"
MAIL = "wang@example.cn"
COMPLAINT = "我要投诉！包裹派送时摔坏了，昨天到现在没人理，快递一直没送到"


def said(text: str, n: str, channel: Channel) -> Interaction:
    """As intake sends it on, with what the text says."""
    who = customer("wang", phone="+8613800000077", email=MAIL)
    return filled(contact(text, n, who, channel=channel, at=datetime.now(UTC)))


@pytest.mark.req("IN-7", "NO-1", "RO-1")
async def test_asked_once_and_the_answer_ends_it(bench: Bench, routing: Routing) -> None:
    (desk,) = await routing.start()
    notify = await bench.start()
    first = said(COMPLAINT, "details-1", Channel.EMAIL)
    await routing.send(first, first)
    await poll(lambda: bench.catcher.subjects_to(MAIL), 30, what="the mail with the question")
    (case,) = (await routing.cases()).values()
    assert case.missing_fields == (CaseField.GOODS_TYPE, CaseField.WISHED_SOLUTION)
    assert (await routing.changes(case.case_id)).count("fields_requested") == 1
    assert any("货物类型（" in text and "希望的解决方案（退款" in text for text in bodies(bench))
    seen = await routing.desk(desk, "ann.agent", "agent").get(f"/v1/cases/{case.case_id}")
    assert seen.json()["missing_fields"] == ["goods_type", "wished_solution"]
    assert TODO in (await notify.get(bench.page(case.case_id))).text

    await routing.send(said("电器，想退款", "details-2", Channel.WEB))

    async def answered() -> bool:
        return TODO not in (await notify.get(bench.page(case.case_id))).text

    await poll(answered, 30, what="the answer on the page")
    (case,) = (await routing.cases()).values()
    assert (case.goods_type, case.wished_solution, case.missing_fields) == ("appliances", "refund", ())
    changes = await routing.changes(case.case_id)
    assert (changes.count("fields_requested"), changes.count("fields_filled")) == (1, 1)
    assert len([text for text in bodies(bench) if "希望的解决方案（" in text]) == 1


def bodies(bench: Bench) -> list[str]:
    """The text parts of all mails."""
    parts = (mail.get_body(("plain",)) for _, mail in bench.catcher.taken)
    return [part.get_content() for part in parts if part is not None]
