"""The progress page in a real browser: it moves by itself, fits a phone, and breaks none of its own rules (NO-5)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from services.notify.example import CASE_ID, story
from tests.integration.notify.harness import Bench, Process
from tests.integration.polling import poll

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
BEGUN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=9)


async def opened(browser: Browser, size: Any, url: str, troubles: list[str]) -> Page:
    """A page whose console errors and failed requests are noted."""
    page = await browser.new_page(viewport=size)
    page.on("console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", lambda request: troubles.append(request.url))
    await page.goto(url)
    return page


async def begun(bench: Bench, events: list[Any]) -> tuple[Process, str]:
    process = await bench.start()
    await bench.publish(events)
    url = process.url + bench.page(CASE_ID)

    async def complete() -> bool:
        page = await process.get(bench.page(CASE_ID))
        return page.status_code == 200 and f"v={len(events)}" in page.text

    await poll(complete, what="the page")
    return process, url


@pytest.mark.req("NO-5")
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_an_open_page_follows_its_case_without_a_reload(bench: Bench, browser: Browser, size: Any) -> None:
    events = list(story("zh", start=BEGUN))
    _, url = await begun(bench, events[:1])
    troubles: list[str] = []
    page = await opened(browser, size, url, troubles)
    await page.evaluate("window.stillHere = true")
    await expect(page.locator("h1")).to_have_text("已受理")
    await expect(page.locator("#pulse")).to_have_attribute("data-state", "on")

    await bench.publish(events[1:3])
    await expect(page.locator("h1")).to_have_text("正在核实", timeout=30_000)
    await expect(page.locator("[aria-current=step]").first).to_have_text("核实")
    await expect(page.locator("blockquote")).to_contain_text("外箱一角已压损")
    await expect(page).to_have_title(re.compile("正在核实 · PC7K2M9Q4D"))

    await bench.publish(events[3:8])
    await expect(page.locator(".claim .amount")).to_contain_text("¥1,299.00", timeout=30_000)
    await page.locator(".claim summary").click()
    await expect(page.locator(".claim details p")).to_be_visible()

    await bench.publish(events[8:])
    await expect(page.locator("h1")).to_have_text("工单已关闭", timeout=30_000)
    await expect(page.locator(".claim details p")).to_be_visible()
    assert await page.evaluate("window.stillHere"), "the page was reloaded"
    assert troubles == []


@pytest.mark.req("NO-5")
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_nothing_runs_out_of_a_phones_screen(bench: Bench, browser: Browser, language: Any) -> None:
    events = list(story(language, start=BEGUN))
    process, url = await begun(bench, events[:5])
    troubles: list[str] = []
    page = await opened(browser, PHONE, f"{url}?lang={language}", troubles)
    for where in (f"{url}?lang={language}", f"{process.url}/p/{'A' * 22}?lang={language}"):
        await page.goto(where)
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{where} is {width} px wide"
        small = await page.evaluate(
            "[...document.querySelectorAll('main *')].filter(e => e.childElementCount === 0 && e.innerText"
            " && parseFloat(getComputedStyle(e).fontSize) < 12).map(e => e.innerText)"
        )
        assert small == []


@pytest.mark.req("NO-5")
async def test_the_page_finds_its_way_back_after_the_service_restarts(bench: Bench, browser: Browser) -> None:
    events = list(story("en", start=BEGUN))
    process, url = await begun(bench, events[:1])
    page = await opened(browser, DESKTOP, url, [])
    await expect(page.locator("#pulse")).to_have_attribute("data-state", "on")
    port = int(process.url.rsplit(":", 1)[1])
    await process.end()
    await expect(page.locator("#pulse")).to_have_attribute("data-state", "off", timeout=10_000)
    await bench.publish(events[1:2])
    await bench.start(port)
    await expect(page.locator("h1")).to_have_text("We are on it", timeout=40_000)
    await expect(page.locator("#pulse")).to_have_attribute("data-state", "on")


@pytest.mark.req("NO-5")
async def test_the_page_is_readable_without_script_and_in_the_dark(bench: Bench, browser: Browser) -> None:
    _, url = await begun(bench, list(story("en", start=BEGUN))[:8])
    context = await browser.new_context(viewport=DESKTOP, java_script_enabled=False, color_scheme="dark")  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(url)
    await expect(page.locator("h1")).to_have_text("Claim approved, payment on its way")
    await expect(page.locator(".nodes li")).to_have_count(12)
    await expect(page.locator("#pulse")).to_be_hidden()
    await context.close()
