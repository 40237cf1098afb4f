"""A mail as a person reads it, whatever its encoding."""

import pytest

from tools.simulators.mail_reading import decoded, readable

GBK_BODY = (
    b"From: a@example.cn\r\nTo: b@example.cn\r\nSubject: =?gb2312?B?xPq6ww==?=\r\n"
    b"Content-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
) + "您的包裹延误".encode("gb18030")


def test_chinese_encodings_are_decoded() -> None:
    mail = readable(GBK_BODY)
    assert (mail.subject, mail.text.strip()) == ("您好", "您的包裹延误")


def test_an_unknown_charset_does_not_hide_the_mail() -> None:
    mail = readable(b"Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\nabc")
    assert "abc" in mail.text


@pytest.mark.parametrize(
    ("header", "words"),
    [("plain", "plain"), ("=?utf-8?b?5oKo5aW9?=", "您好"), ("=?klingon?b?5oKo?=", "=?klingon?b?5oKo?=")],
)
def test_a_header_is_decoded_or_left_as_it_came(header: str, words: str) -> None:
    assert decoded(header) == words
