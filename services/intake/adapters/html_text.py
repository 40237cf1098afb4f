"""The text of an HTML mail, without markup, scripts, and the reply that it quotes.

A reader of its own, because its time must grow with the length only: the standard library's HTMLParser takes half a
minute for thirty kilobytes of unclosed tags, and a stranger chooses what a mail holds.
"""

import re
from collections.abc import Iterator
from html import unescape

MAX_HTML = 300_000
_SKIPPED = frozenset({"script", "style", "head", "title", "template", "blockquote"})
_BREAKING = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "pre", "hr"})
_QUOTE_MARKS = re.compile(r"gmail_quote|yahoo_quoted|moz-cite-prefix|OutlookMessageHeader|divRplyFwdMsg|appendonsend")
_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]{0,20})", re.ASCII)
_LONGEST_TAG = 1000


def text_of_html(html: str) -> str:
    """Lines of text; everything from a mail program's quotation mark on is left out."""
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(_pieces(html[:MAX_HTML])).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _pieces(html: str) -> Iterator[str]:
    skipping: list[str] = []
    said_something = False
    for token, is_tag in _tokens(html):
        if not is_tag:
            if not skipping:
                said_something = said_something or bool(token.strip())
                yield re.sub(r"\s+", " ", unescape(token))
            continue
        found = _TAG_NAME.match(token)
        name = found[1].lower() if found else ""
        if name in _SKIPPED:
            _note(skipping, name, closing=token.startswith("</"))
        elif said_something and _QUOTE_MARKS.search(token[:_LONGEST_TAG]):
            return
        if name in _BREAKING:
            yield "\n"


def _note(skipping: list[str], name: str, *, closing: bool) -> None:
    if not closing:
        skipping.append(name)
    elif skipping and skipping[-1] == name:
        skipping.pop()


def _tokens(html: str) -> Iterator[tuple[str, bool]]:
    """Text and tags in turn; every search starts where the last one ended, so no character is read twice."""
    position = 0
    while position < len(html):
        opening = html.find("<", position)
        if opening < 0:
            yield html[position:], False
            return
        yield html[position:opening], False
        comment = html.startswith("<!--", opening)
        closing = html.find("-->" if comment else ">", opening)
        if closing < 0:
            return
        if not comment:
            yield html[opening : closing + 1], True
        position = closing + (3 if comment else 1)
