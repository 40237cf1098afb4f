"""A turn of the telephone menu as VoiceXML 2.1: a menu by keys, or a form that speaks and goes on.

Source: https://www.w3.org/TR/voicexml20/ (2.2 Menus, 4.1 Prompts), https://www.w3.org/TR/voicexml21/.
"""

from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement, tostring

from services.routing.ivr.turns import Place, Spoken
from services.routing.ivr.twiml import LOCALES

MEDIA_TYPE = "application/voicexml+xml"


def write(spoken: Spoken, address: Callable[[Place], str]) -> bytes:
    root = Element(
        "vxml", {"version": "2.1", "xmlns": "http://www.w3.org/2001/vxml", "xml:lang": LOCALES[spoken.language]}
    )
    if spoken.choices:
        _menu(SubElement(root, "menu"), spoken, address)
    else:
        block = SubElement(SubElement(root, "form"), "block")
        _prompt(block, spoken.sentences)
        if spoken.then is not None:
            SubElement(block, "goto", next=address(spoken.then))
    return bytes(tostring(root, "utf-8", xml_declaration=True))


def _menu(menu: Element, spoken: Spoken, address: Callable[[Place], str]) -> None:
    SubElement(menu, "property", name="inputmodes", value="dtmf")
    _prompt(menu, spoken.sentences)
    for choice in spoken.choices:
        SubElement(menu, "choice", dtmf=" ".join(choice.digits), next=address(choice.place))
    silent = SubElement(menu, "noinput")
    _prompt(silent, (spoken.silence,))
    SubElement(silent, "exit")
    SubElement(SubElement(menu, "nomatch"), "reprompt")


def _prompt(within: Element, sentences: tuple[str, ...]) -> None:
    prompt = SubElement(within, "prompt")
    for sentence in sentences:
        SubElement(prompt, "s").text = sentence
