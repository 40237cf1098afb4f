"""The chat widget in a real browser, with the real intake behind it (IN-1, IN-6, IN-8)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from playwright.async_api import Browser, Page, Request, Route, expect

from shared.contracts.cases import CASE_CHANGED, CaseChanged, ContactAdded, Opened, Replied
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from shared.contracts.topics import CASES, INTERACTIONS
from tests.e2e.widget.shop import Shop
from tests.integration.intake.harness import Bench
from tests.unit.claims.build import case

PHONE = {"width": 390, "height": 844}


async def embedded(browser: Browser, bench: Bench, shop: Shop, language: str = "zh-CN") -> Page:
    """The shop's page with the widget in it; intake knows the shop."""
    process = await bench.intake(GATEWAYS_FILE=str(shop.gateways_file(bench.directory)))
    shop.script = f'<script src="{process.url}/web/care/widget.js" async></script>'
    context = await browser.new_context(viewport=PHONE, locale=language)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{shop.origin}/")
    return page


async def introduced(page: Page, text: str) -> None:
    """Opens the panel, writes a first message, and says how to be reached."""
    await page.get_by_role("button", name="打开在线客服").click()
    await page.get_by_label("输入消息…").fill(text)
    await page.get_by_role("button", name="发送", exact=True).click()
    await page.get_by_label("手机号").fill("138 1234 5678")
    await page.get_by_role("button", name="发送", exact=True).click()


async def contacts(bench: Bench) -> list[dict[str, Any]]:
    return [orjson.loads(r.value or b"{}") for r in await bench.records(INTERACTIONS)]


def change(event: CaseChanged) -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", f"{event.case.case_id}/{event.case.version}".encode()),
        ("ce_type", CASE_CHANGED.encode()),
        ("ce_source", b"routing"),
        ("ce_time", event.at.isoformat().encode()),
        ("content-type", b"application/json"),
    ]


@pytest.mark.req("IN-1")
async def test_a_visitor_writes_and_reads_the_answer_once_also_after_a_reload(
    bench: Bench, browser: Browser, shop: Shop
) -> None:
    page = await embedded(browser, bench, shop)
    await introduced(page, "我的包裹 SF1234567890123 破损了")
    await expect(page.get_by_text("受理号")).to_be_visible(timeout=20_000)
    (contact,) = await contacts(bench)
    assert contact["tracking_numbers"] == ["SF1234567890123"]

    interaction, now = contact["interaction_id"], datetime.now(UTC)
    added = ContactAdded(interaction_id=interaction, channel=Channel.WEB, text=Personal("…"), occurred_at=now)
    for version, changes in enumerate(
        ((Opened(interaction_id=interaction), added), (Replied(agent="chen", text=Personal("已联系网点核实。")),)), 1
    ):
        stands = case(version, channel=Channel.WEB, gateway=contact["gateway"], number="PC7K2M9Q4D")
        event = CaseChanged(changes=changes, case=stands, at=now)
        for _ in range(2):
            await bench.publish(CASES, event.model_dump_json().encode(), change(event), stands.case_id.encode())
    await expect(page.get_by_text("已联系网点核实。")).to_have_count(1, timeout=30_000)
    await expect(page.get_by_text("PC7K2M9Q4D").first).to_be_visible()
    await page.reload()
    await page.get_by_role("button", name="打开在线客服").click()
    await expect(page.get_by_text("已联系网点核实。")).to_have_count(1)
    await expect(page.get_by_text("破损了")).to_have_count(1)


@pytest.mark.req("IN-1", "IN-8")
async def test_a_number_that_does_not_exist_is_told_and_corrected_and_the_message_goes_on(
    bench: Bench, browser: Browser, shop: Shop
) -> None:
    page = await embedded(browser, bench, shop)
    await page.get_by_role("button", name="打开在线客服").click()
    greeting = page.get_by_text("您好，包裹")
    spaced, font = [
        await greeting.evaluate(f"p => getComputedStyle(p).{name}") for name in ("letterSpacing", "fontFamily")
    ]
    assert (spaced, "cursive" in font) == ("normal", False), "the shop's own style stays outside"
    await page.get_by_label("输入消息…").fill("没收到包裹")
    await page.get_by_role("button", name="发送", exact=True).click()
    await page.get_by_label("手机号").fill("1381234567")
    await page.get_by_role("button", name="发送", exact=True).click()
    await expect(page.get_by_text("手机号不正确")).to_be_visible()
    await page.get_by_label("手机号").fill("+86 138 0013 80")  # looks like one, which only intake can tell
    await page.get_by_role("button", name="发送", exact=True).click()
    await expect(page.get_by_text("手机号不正确")).to_be_visible(timeout=20_000)
    await page.get_by_role("log").get_by_role("button", name="修改").click()
    await page.get_by_label("手机号").fill("138 1234 5678")
    await page.get_by_role("button", name="发送", exact=True).click()
    await expect(page.get_by_text("受理号")).to_be_visible(timeout=20_000)
    (contact,) = await contacts(bench)
    assert contact["customer"]["contacts"][0]["value"] == "+8613812345678"


@pytest.mark.req("IN-1", "IN-4", "IN-8")
async def test_a_file_that_is_not_taken_holds_back_neither_the_words_nor_the_other_file(
    bench: Bench, browser: Browser, shop: Shop
) -> None:
    page = await embedded(browser, bench, shop)
    await page.get_by_role("button", name="打开在线客服").click()
    files = [
        {"name": "box.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(500)},
        {"name": "setup.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ" + bytes(500)},
    ]
    await page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    await page.get_by_label("输入消息…").fill("外包装破损")
    await page.get_by_role("button", name="发送", exact=True).click()
    await page.get_by_label("手机号").fill("13812345678")
    await page.get_by_role("button", name="发送", exact=True).click()
    await expect(page.get_by_text("不支持这种文件")).to_be_visible(timeout=20_000)
    await page.get_by_role("button", name="不带 setup.exe 发送").click()
    await expect(page.get_by_text("受理号")).to_be_visible(timeout=20_000)
    (contact,) = await contacts(bench)
    assert (contact["text"], [a["content_type"] for a in contact["attachments"]]) == ("外包装破损", ["image/png"])


@pytest.mark.req("IN-1")
async def test_an_order_number_as_the_shop_shows_it(bench: Bench, browser: Browser, shop: Shop) -> None:
    page = await embedded(browser, bench, shop)
    await page.get_by_role("button", name="打开在线客服").click()
    await page.get_by_role("button", name="维修").click()
    await page.get_by_label("订单号").fill("1")
    await page.get_by_label("商品名称").fill("台灯")
    await page.get_by_label("情况说明").fill("灯不亮")
    await page.get_by_label("手机号").fill("13812345678")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_text("订单号为 3–64 位")).to_be_visible()
    await page.get_by_label("订单号").fill("# 1001")
    await expect(page.get_by_text("订单号为 3–64 位")).to_have_count(0)
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_label("What happened")).to_have_value("灯不亮")
    await page.get_by_role("button", name="中文").click()
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_text("受理号")).to_be_visible(timeout=20_000)
    (contact,) = await contacts(bench)
    assert contact["order_numbers"] == ["1001"]


@pytest.mark.req("IN-1", "IN-6", "IN-8")
async def test_what_is_written_offline_is_sent_once_when_the_network_is_back(
    bench: Bench, browser: Browser, shop: Shop
) -> None:
    page = await embedded(browser, bench, shop)
    await introduced(page, "第一条")
    await expect(page.get_by_text("受理号")).to_be_visible(timeout=20_000)
    await page.context.set_offline(True)
    await page.get_by_label("输入消息…").fill("断网时写的")
    await page.get_by_role("button", name="发送", exact=True).click()
    await expect(page.get_by_text("等待网络，将自动发送")).to_be_visible(timeout=10_000)
    assert len(await contacts(bench)) == 1

    # Taken in, but the answer is lost: the browser sends it again with the same id.
    lost = asyncio.Event()

    async def lose_first(route: Route, request: Request) -> None:
        if request.method == "POST" and not lost.is_set():
            await route.fetch()
            lost.set()
            return await route.abort()
        return await route.continue_()

    await page.route("**/web/care/messages", lose_first)
    await page.context.set_offline(False)
    await expect(page.get_by_text("受理号")).to_have_count(2, timeout=30_000)
    assert lost.is_set()
    written = await contacts(bench)
    assert [c["text"] for c in written].count("断网时写的") == 2
    assert len({c["interaction_id"] for c in written}) == 2


@pytest.mark.req("IN-1", "IN-4")
async def test_a_claim_with_a_photo_in_english(bench: Bench, browser: Browser) -> None:
    process = await bench.intake()
    context = await browser.new_context(viewport=PHONE, locale="en-GB", color_scheme="dark")  # type: ignore[arg-type]
    page = await context.new_page()
    troubles: list[str] = []
    page.on("console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    await page.goto(f"{process.url}/web/care/")
    await expect(page.get_by_text("null", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="Claim").click()
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Please fill this in").first).to_be_visible()
    await page.get_by_label("Tracking number").fill("SF1234567890123")
    await page.get_by_label("Amount claimed").fill("199.00")
    await page.get_by_label("Email").fill("li@mail.example")
    photo = {"name": "box.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(5000)}
    await page.locator("input[type=file]").set_input_files(photo)  # type: ignore[arg-type]
    await page.get_by_label("What it shows").select_option("damage_photo")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Reference")).to_be_visible(timeout=20_000)
    (contact,) = await contacts(bench)
    assert contact["claim"]["claimed_fen"] == 19900
    assert [(a["content_type"], a["evidence"]) for a in contact["attachments"]] == [("image/png", "damage_photo")]
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert troubles == []
