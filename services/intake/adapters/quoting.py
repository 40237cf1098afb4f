"""What a person wrote in a reply, without the mail that it answers and the signature."""

import re

_MARKS = re.compile(
    "|".join(
        (
            r"^-{2,40}[ \t]{0,5}(Original Message|Original|Forwarded message|原始邮件|原邮件|转发邮件|原始郵件)",
            r"^_{20,200}[ \t]*$",
            r"^On [^\n]{5,200}(\n[^\n]{1,120})?\bwrote:[ \t]*$",
            r"^(在|于)?[ \t]{0,3}\d{4}[ \t]{0,3}[-年/].{5,120}(写道|寫道|来信|写了)[ \t]{0,3}[:：][ \t]*$",
            r"^.{0,80}(于|在)[ \t]{0,3}\d{4}[ \t]{0,3}[-年/].{1,60}(写道|寫道)[ \t]{0,3}[:：][ \t]*$",
            r"^(发件人|寄件者|寄件人|From)[ \t]{0,3}[:：].{1,200}$"
            r"(?=\n(发送时间|日期|时间|Sent|Date|To|收件人)[ \t]{0,3}[:：])",
        )
    ),
    re.MULTILINE | re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
_SENT_FROM = re.compile(
    r"^(Sent from my|Get Outlook for|发自我的|从我的|來自我的).{0,60}$", re.MULTILINE | re.IGNORECASE
)


def written(text: str) -> str:
    """The text above the quotation; where nothing stands above it, the whole text."""
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    mark = _MARKS.search(normal)
    above = normal[: mark.start()] if mark else normal
    signature = _SIGNATURE.search(above)
    if signature:
        above = above[: signature.start()]
    lines = [line for line in above.split("\n") if not line.startswith(">")]
    own = _SENT_FROM.sub("", "\n".join(lines)).strip()
    return own or normal.strip()
