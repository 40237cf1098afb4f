"""What a person wrote in a reply, without the mail that it answers and the signature."""

import re

_DATED = r"\d{4}[ \t]{0,3}[-年/.]"
_WROTE = r"(?:写道|寫道|来信|來信|写了)[ \t]{0,3}[:：][ \t]*$"
_HEADS = (
    r"\*?(?:发件人|寄件者|寄件人|發件人|From|Von|De)\*?[ \t\u3000]{0,3}[:：].{0,300}$"
    r"(?=(?:\n[^\n]{0,200}){0,2}\n[ \t|]{0,3}\*?(?:发送时间|發送時間|日期|时间|寄件日期|Sent|Date|To|收件人|收件者)"
    r"\*?[ \t\u3000]{0,3}[:：])"
)
_ATTRIBUTIONS = re.compile(
    "|".join(
        (
            # Gmail, Apple Mail, Thunderbird, Yahoo; broken over two lines where an address is long.
            r"^[ \t>]{0,3}On [^\n]{5,250}(?:\n[^\n]{1,150})?\bwrote:[ \t]*$",
            # 163
            rf"^[ \t]{{0,3}}At {_DATED}[^\n]{{5,250}}(?:\n[^\n]{{1,150}})?\bwrote:[ \t]*$",
            rf"^[ \t]{{0,3}}(?:在|于|於)?[ \t]{{0,3}}{_DATED}[^\n]{{3,250}}(?:\n[^\n]{{1,150}})?{_WROTE}",
            rf"^[^\n]{{0,150}}(?:于|於|在)[ \t]{{0,3}}{_DATED}[^\n]{{1,80}}{_WROTE}",
        )
    ),
    re.MULTILINE,
)
_DIVIDERS = re.compile(
    "|".join(
        (
            # QQ, Sina, Outlook, 网易邮箱大师, Aliyun
            r"^[ \t>]{0,3}-{2,60}[ \t\xa0]{0,5}"
            r"(?:Original Message|Original|Replied Message|原始邮件|原始郵件|原邮件|邮件原件|回复的原邮件|回复的邮件)"
            r"[ \t\xa0]{0,5}-{0,60}",
            r"^_{20,200}[ \t]*$",
            rf"^[ \t|]{{0,3}}{_HEADS}",
            rf"^-{{20,200}}[ \t]*\n{_HEADS}",
            r"^\|[ \t]*(?:发件人|From)[ \t]*\|",
        )
    ),
    re.MULTILINE | re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^[ \t>]{0,3}(?:-{2,60}[ \t\xa0]{0,5}(?:Forwarded (?:message|by)|转发的?邮件|轉寄郵件)"
    r"|Begin forwarded message|开始转发的邮件|下面是被转发的邮件)",
    re.MULTILINE | re.IGNORECASE,
)
_FORWARDING = re.compile(r"^\s{0,5}(?:fwd?|转发|轉寄|轉發)\s{0,3}[:：]", re.IGNORECASE)
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
_SENT_FROM = re.compile(
    r"^[ \t]{0,5}(?:Sent from|Get Outlook for|发自|發自|[从從]我的|[來来]自我的|(?:获取|下载) ?Outlook|发送自|签名由|"
    r"从 ?Windows).{0,60}$",
    re.MULTILINE | re.IGNORECASE,
)
_SOON = 3


def is_forward(subject: str) -> bool:
    """What somebody forwards is what it is about, so nothing of it may be cut."""
    return bool(_FORWARDING.match(subject))


def written(text: str, *, forwarded: bool = False) -> str:
    """The text that is its sender's own; where nothing is, the whole text."""
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    mark = _first(_ATTRIBUTIONS.search(normal), _DIVIDERS.search(normal))
    passed_on = _FORWARDED.search(normal)
    if mark is None or forwarded or (passed_on and passed_on.start() <= mark.start()):
        return _own(normal) or normal.strip()
    above, below = normal[: mark.start()], normal[mark.end() :]
    return "\n".join(filter(None, (_own(above), _own(_answers(below))))) or normal.strip()


def _first(*marks: re.Match[str] | None) -> re.Match[str] | None:
    return min((mark for mark in marks if mark), key=lambda mark: mark.start(), default=None)


def _answers(below: str) -> str:
    """What stands between and under lines quoted with >; nothing where the quotation is not marked line by line."""
    lines = below.lstrip("\n").split("\n")
    if not any(line.startswith(">") for line in lines[:_SOON]):
        return ""
    first = next(number for number, line in enumerate(lines) if line.startswith(">"))
    return "\n".join(lines[first:])


def _own(text: str) -> str:
    signature = _SIGNATURE.search(text)
    above = text[: signature.start()] if signature else text
    lines = [line for line in above.split("\n") if not line.startswith(">")]
    return _SENT_FROM.sub("", "\n".join(lines)).strip()
