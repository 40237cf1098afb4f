"""Fetching from the platforms as they are: WeChat's tokens and error codes, logins, redirects, broken lines (IN-4)."""

import asyncio
import logging
from pathlib import Path

import httpx
import pytest

from services.intake.gateways import RULES as FOLDER
from services.intake.lined_yaml import RuleFileError
from services.intake.media.access_token import AccessToken, Grant
from services.intake.media.addressed import RecordingSource, TwilioSource, WeiboSource
from services.intake.media.failures import Later, MediaFailure, Never, NotThere
from services.intake.media.rules import media_rules
from services.intake.media.source import Source
from services.intake.media.wechat import TokenDesk, WechatSource, failure_of, read_answer
from shared.contracts.media import MediaFault, MediaKind, PlatformMedia
from tests.unit.intake.media_given import BASE, PICTURE, RULES, Platforms, named, platforms

pytestmark = pytest.mark.req("IN-1", "IN-4")


@pytest.fixture
def there(tmp_path: Path) -> Platforms:
    return platforms(tmp_path)


async def content(source: Source, media: PlatformMedia) -> tuple[str, bytes]:
    download = await source.open(media)
    try:
        return download.content_type, b"".join([chunk async for chunk in download.chunks])
    finally:
        await download.close()


async def test_a_picture_comes_by_its_id_and_many_by_one_token(there: Platforms) -> None:
    source = there.wechat()
    marks = [there.keep(f"m-{n}") for n in range(20)]
    found = await asyncio.gather(*(content(source, named(mark)) for mark in marks))
    assert found == [("image/jpeg", PICTURE)] * 20
    assert there.host.tokens.granted == 1


async def test_a_token_that_ends_meanwhile_is_renewed_once_for_all(there: Platforms) -> None:
    source = there.wechat()
    marks = [there.keep(f"m-{n}") for n in range(20)]
    await content(source, named(marks[0]))
    there.host.tokens.end_all()
    assert await asyncio.gather(*(content(source, named(mark)) for mark in marks)) == [("image/jpeg", PICTURE)] * 20
    assert there.host.tokens.granted == 2


async def test_a_token_is_asked_for_before_its_time_is_up(there: Platforms) -> None:
    source, mark = there.wechat(), there.keep("m-1")
    await content(source, named(mark))
    there.ticks[0] += 7200 - 302
    await content(source, named(mark))
    asked = there.host.tokens.granted
    there.host.tokens.end_all()
    there.ticks[0] += 2
    await content(source, named(mark))
    assert (asked, there.host.tokens.granted, there.host.asked["m-1"]) == (1, 2, 3)


async def test_a_stable_token_that_is_refused_is_forced_out_and_another_programs_stays_good() -> None:
    """The platform gives the same token to all who ask: only where that one is refused is another one forced."""
    asked: list[bool] = []

    async def ask(another: bool) -> Grant:
        asked.append(another)
        return Grant("second" if another else "first", 7200)

    token = AccessToken(ask, lambda: 0.0)
    assert await token.get() == "first"
    assert await asyncio.gather(*(token.renew("first") for _ in range(5))) == ["second"] * 5
    assert asked == [False, False, True]


async def test_a_platform_that_has_no_other_token_is_asked_again_later_and_forced_once_an_hour() -> None:
    forced: list[float] = []
    now = [0.0]

    async def ask(another: bool) -> Grant:
        forced.extend(now if another else [])
        return Grant("only", 7200)

    token = AccessToken(ask, lambda: now[0])
    for now[0] in (0.0, 60.0, 3599.0, 3600.0):
        with pytest.raises(Later) as failure:
            await token.renew(await token.get())
        assert failure.value.rest_s > 0
    assert forced == [0.0, 3600.0]


async def test_every_token_expired_is_a_failure_that_passes(there: Platforms) -> None:
    source, mark = there.wechat(), there.keep("m-1")
    there.fail(expired_token=1.0)
    with pytest.raises(Later, match="42001"):
        await content(source, named(mark))
    there.fail()
    assert (await content(source, named(mark)))[1] == PICTURE


@pytest.mark.parametrize(
    ("code", "kind", "rests"),
    [
        (-1, Later, False),
        (40001, Later, False),
        (42001, Later, False),
        (45009, Later, True),
        (45011, Later, True),
        (40164, Later, True),
        (48001, Later, True),
        (99999, Later, False),
        (40007, Never, False),
        (40004, Never, False),
        (830002, Never, False),
    ],
)
def test_what_an_error_code_means_for_a_file(code: int, kind: type[MediaFailure], rests: bool) -> None:
    failure = failure_of(code, RULES)
    assert isinstance(failure, kind)
    assert (isinstance(failure, Later) and failure.rest_s > 0) is rests


@pytest.mark.parametrize(("fault", "code"), [("quota", "45009"), ("busy", "-1")])
async def test_an_error_in_json_with_200_is_no_file(there: Platforms, fault: str, code: str) -> None:
    source, mark = there.wechat(), there.keep("m-1")
    there.fail(**{fault: 1.0})
    with pytest.raises(Later, match=code):
        await content(source, named(mark))


async def test_an_unknown_id_is_gone_for_good_but_a_picture_has_an_address_too(there: Platforms) -> None:
    source = there.wechat()
    with pytest.raises(Never) as gone:
        await content(source, named("m-9"))
    assert gone.value.fault is MediaFault.GONE
    there.keep("p-1")
    assert (await content(source, named("m-9", f"{BASE}/recordings/p-1")))[1] == PICTURE


async def test_a_video_comes_from_the_address_that_is_named(there: Platforms) -> None:
    there.keep("v-1", b"....ftypmp42" + bytes(100), "video/mp4")
    kind, found = await content(there.wechat(), named("v-1", kind=MediaKind.VIDEO))
    assert (kind, found[4:12]) == ("video/mp4", b"ftypmp42")


@pytest.mark.parametrize("secret", ["wrong"])
async def test_a_wrong_secret_gives_no_token_and_lets_the_gateway_rest(there: Platforms, secret: str) -> None:
    with pytest.raises(Later, match="40125") as failure:
        await content(there.wechat(secret), named(there.keep("m-1")))
    assert failure.value.rest_s == RULES.quota_rest_seconds


async def test_without_a_secret_a_picture_comes_by_its_address_and_a_voice_not_at_all(there: Platforms) -> None:
    source = WechatSource(BASE, there.http, None, RULES)
    there.keep("p-1")
    assert (await content(source, named("m-1", f"{BASE}/recordings/p-1")))[1] == PICTURE
    with pytest.raises(Never) as refusal:
        await content(source, named("m-1", kind=MediaKind.VOICE))
    assert refusal.value.fault is MediaFault.NOT_CONFIGURED


async def test_wecom_has_its_own_token(there: Platforms) -> None:
    app = there.secret("wecom", "app_id"), there.secret("wecom", "app_secret")
    desk = TokenDesk(there.client, BASE, *app, RULES)
    source = WechatSource(BASE, there.http, AccessToken(desk.of_corporation, lambda: 0.0), RULES)
    assert (await content(source, named(there.keep("m-1"))))[1] == PICTURE


async def test_weibo_opens_the_receivers_file_with_the_accounts_token(there: Platforms) -> None:
    assert (await content(WeiboSource(BASE, there.http, "t"), named(there.keep("83"))))[1] == PICTURE
    with pytest.raises(Later, match="401"):
        await content(WeiboSource(BASE, there.http, ""), named("83"))


async def test_twilio_wants_the_accounts_login_and_sends_messages_media_elsewhere(there: Platforms) -> None:
    account = there.secret("twilio", "account_sid")
    source = TwilioSource(there.http, account, there.secret("twilio", "auth_token"))
    there.keep("RE1", b"ID3" + bytes(9), "audio/mpeg")
    there.keep("ME1")
    recording = f"{BASE}/2010-04-01/Accounts/{account}/Recordings/RE1"
    picture = f"{BASE}/2010-04-01/Accounts/{account}/Messages/MM1/Media/ME1"
    assert await content(source, named(None, recording, MediaKind.RECORDING)) == ("audio/mpeg", b"ID3" + bytes(9))
    assert (await content(source, named(None, picture)))[1] == PICTURE
    with pytest.raises(Later, match="401"):
        await content(TwilioSource(there.http, account, "wrong"), named(None, recording, MediaKind.RECORDING))
    with pytest.raises(NotThere):
        await content(source, named(None, recording + "0", MediaKind.RECORDING))


async def test_a_call_centre_is_shown_its_token_where_it_wants_one(there: Platforms) -> None:
    address = f"{BASE}/recordings/{there.keep('r1.wav', b'RIFF', 'audio/wav')}?closed"
    media = named(None, address, MediaKind.RECORDING)
    assert (await content(RecordingSource(there.http, there.secret("phone", "media_token")), media))[1] == b"RIFF"
    with pytest.raises(Later, match="401"):
        await content(RecordingSource(there.http, None), media)


async def test_a_file_that_is_packed_is_not_unpacked() -> None:
    """A few bytes could become gigabytes; we asked for it as it is."""
    packed = httpx.MockTransport(
        lambda request: httpx.Response(200, headers={"content-encoding": "gzip"}, content=b"x")
    )
    async with httpx.AsyncClient(transport=packed) as client:
        there = Platforms(host=None, client=client)  # type: ignore[arg-type]
        with pytest.raises(Later):
            await content(RecordingSource(there.http, None), named(None, f"{BASE}/r"))


@pytest.mark.parametrize(
    ("status", "headers", "rest_s"),
    [
        (500, {}, 0),
        (503, {"retry-after": "30"}, 30),
        (429, {"retry-after": "999999"}, 600),
        (429, {}, 5),
        (403, {}, 0),
        (401, {}, 60),
    ],
)
async def test_a_platform_that_says_when_is_left_alone_until_then(
    status: int, headers: dict[str, str], rest_s: float
) -> None:
    answers = httpx.MockTransport(lambda request: httpx.Response(status, headers=headers))
    async with httpx.AsyncClient(transport=answers) as client:
        there = Platforms(host=None, client=client)  # type: ignore[arg-type]
        with pytest.raises(Later) as failure:
            await content(RecordingSource(there.http, None), named(None, f"{BASE}/r"))
    assert failure.value.rest_s == rest_s


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b"{"])
def test_what_is_neither_file_nor_answer_is_tried_again(body: bytes) -> None:
    with pytest.raises(Later):
        read_answer(body)


@pytest.mark.req("SY-5")
async def test_no_secret_and_no_address_is_logged(there: Platforms, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    source, mark = there.wechat(), there.keep("m-1")
    for faults in ({"expired_token": 1.0}, {"quota": 1.0}, {"server_error": 1.0}):
        there.fail(**faults)
        with pytest.raises(MediaFailure) as failure:
            await content(source, named(mark))
        said = f"{failure.value} {caplog.text}"
        assert "access_token=" not in said
        assert there.secret("wechat", "app_secret") not in said


@pytest.mark.parametrize(
    ("changed", "line"),
    [("- 45009", "- once"), ("  quota:", "  qouta:"), ("wechat: 72", "wechat: long"), ("wechat: 72", "fax: 72")],
)
def test_a_wrong_cell_of_the_table_is_named_with_its_line(tmp_path: Path, changed: str, line: str) -> None:
    text = (FOLDER / "media.yaml").read_text("utf-8")
    assert changed in text
    file = tmp_path / "media.yaml"
    file.write_text(text.replace(changed, line), "utf-8")
    number = next(n for n, at in enumerate(file.read_text("utf-8").splitlines(), 1) if line in at)
    with pytest.raises(RuleFileError, match=f"media.yaml:{number}: "):
        media_rules(file)
