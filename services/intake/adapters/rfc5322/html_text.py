"""The text of an HTML mail, without markup, scripts, hidden text, the signature and the mail that it quotes.

A reader of its own, because its time must grow with the length only: the standard library's HTMLParser takes half a
minute for thirty kilobytes of unclosed tags, and a stranger chooses what a mail holds.
"""

import re
from collections.abc import Iterator
from html import unescape

MAX_HTML = 300_000
_RAW_ENDS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "title", "textarea", "xmp")}
"""Their content is no markup: it ends with their end tag and nowhere else."""

_SKIPPED = frozenset({"head", "template", "blockquote", "svg", "script", "style", "title"})
_CODE = frozenset({"script", "style"})
_BREAKING = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "dd", "pre", "hr"})
_CELLS = frozenset({"td", "th"})
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "wbr"})
_QUOTE_MARKS = re.compile(
    r"gmail_quote|yahoo_quoted|moz-cite-prefix|OutlookMessageHeader|divRplyFwdMsg|appendonsend|isReplyContent|"
    r"ntes-(?:pcmail|mailmaster)-quote|includetail|origbody|mail-quote|mail_quote|__aliyun_previous_quote|"
    r"protonmail_quote|tutanota_quote|zmail_extra|reply-quote|x_divRplyFwdMsg"
)
_SIGNATURE_MARKS = re.compile(
    r"gmail_signature|moz-signature|ms-outlook-mobile-signature|AppleMailSignature|ntes-mailmaster-sign|"
    r"foxmail-sign|protonmail_signature|mail_signature|id=[\"']?(?:x_)?Signature[\"' >]"
)
_HIDDEN = re.compile(r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden|font-size\s{0,3}:\s{0,3}0[;\"'p]")
_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]{0,20})", re.ASCII)
_TAG_BEGINS = re.compile(r"[A-Za-z/!?]")
_LONGEST_TAG = 1000


def text_of_html(html: str, *, quoted: bool = False) -> str:
    """Lines of text; where leaving quotations and the like out leaves nothing, all of it but scripts (`quoted`)."""
    pieces = "".join(_pieces(html[:MAX_HTML], quoted))
    lines = (re.sub(r"[ \t\xa0\u200b\ufeff]+", " ", line).strip() for line in pieces.split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return text if text or quoted else text_of_html(html, quoted=True)


def _pieces(html: str, quoted: bool) -> Iterator[str]:
    skipping: list[str] = []
    said_something = False
    for token, is_tag in _tokens(html):
        if not is_tag:
            if not skipping:
                said_something = said_something or bool(token.strip())
                yield re.sub(r"[ \t\r\n\f]+", " ", unescape(token))
            continue
        found = _TAG_NAME.match(token)
        name = found[1].lower() if found else ""
        opening, tag = not token.startswith("</"), token[:_LONGEST_TAG]
        if skipping:
            _note(skipping, name, token)
        elif opening and _is_skipped(name, tag, quoted):
            skipping.append(name)
        elif opening and said_something and not quoted and _QUOTE_MARKS.search(tag):
            return
        yield _break(name)


def _is_skipped(name: str, tag: str, quoted: bool) -> bool:
    if name in _VOID or tag.endswith("/>"):
        return False
    if quoted:
        return name in _CODE
    return name in _SKIPPED or bool(name and (_HIDDEN.search(tag) or _SIGNATURE_MARKS.search(tag)))


def _note(skipping: list[str], name: str, token: str) -> None:
    """Elements of the same name nest; what else opens or closes inside does not matter."""
    if name != skipping[-1]:
        return
    if token.startswith("</"):
        skipping.pop()
    elif not token.endswith("/>"):
        skipping.append(name)


def _break(name: str) -> str:
    if name in _BREAKING:
        return "\n"
    return " " if name in _CELLS else ""


def _tokens(html: str) -> Iterator[tuple[str, bool]]:
    """Text and tags in turn; every search starts where the last one ended, so no character is read twice."""
    position = searched = 0
    lost: set[str] = set()
    while (opening := html.find("<", searched)) >= 0:
        if not _TAG_BEGINS.match(html, opening + 1):
            # "a < b"
            searched = opening + 1
            continue
        yield html[position:opening], False
        comment = html.startswith("<!--", opening)
        closing = html.find("-->" if comment else ">", opening)
        if closing < 0:
            return
        position = searched = closing + (3 if comment else 1)
        if not comment:
            yield html[opening:position], True
            position = searched = _behind_raw(html, opening, position, lost)
    yield html[position:], False


def _behind_raw(html: str, opening: int, position: int, lost: set[str]) -> int:
    """Where to go on behind a tag: behind the content of a script. `lost` are names that nothing closes any more."""
    found = _TAG_NAME.match(html, opening)
    name = found[1].lower() if found else ""
    if name not in _RAW_ENDS or html.startswith("</", opening) or name in lost:
        return position
    end = _RAW_ENDS[name].search(html, position)
    if end is None:
        lost.add(name)
        return position
    return end.start()
