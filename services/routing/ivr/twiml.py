"""A turn of the telephone menu as TwiML (Twilio and what speaks its language).

Source: https://www.twilio.com/docs/voice/twiml (Say, Gather, Redirect, Hangup).
"""

from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement, tostring

from services.routing.ivr.turns import Place, Spoken

MEDIA_TYPE = "text/xml"
LOCALES = {"zh": "zh-CN", "en": "en-US"}
TIMEOUT_S = 6
"""How long Gather waits for the next digit."""


def write(spoken: Spoken, address: Callable[[Place], str]) -> bytes:
    """`address`: where the platform asks for the turn at a place; it sends `Digits` to that of the present one."""
    response = Element("Response")
    if spoken.choices:
        asked = SubElement(
            response,
            "Gather",
            input="dtmf",
            numDigits=str(spoken.digits),
            timeout=str(TIMEOUT_S),
            action=address(spoken.place),
            method="POST",
        )
        _say(asked, spoken.sentences, spoken.language)
        _say(response, (spoken.silence,), spoken.language)
        SubElement(response, "Hangup")
    else:
        _say(response, spoken.sentences, spoken.language)
        if spoken.then is not None:
            SubElement(response, "Redirect", method="POST").text = address(spoken.then)
    return bytes(tostring(response, "utf-8", xml_declaration=True))


def _say(within: Element, sentences: tuple[str, ...], language: str) -> None:
    for sentence in sentences:
        SubElement(within, "Say", language=LOCALES[language]).text = sentence
