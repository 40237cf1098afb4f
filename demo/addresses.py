"""What to look at after the day: the progress page of a case with a paid claim, inbox, metrics, documents, the desk."""

import re
from collections.abc import Mapping

from demo.people.mail_reading import read
from demo.seen.observations import Json, Observations
from demo.seen.providers import arrivals
from shared.http_client import HttpClient
from tools.stack import StackInfo

PAGE = re.compile(r"https?://[^\s<>\"]+/p/[A-Za-z0-9_-]{16,}")


def interesting_claims(seen: Observations) -> list[Json]:
    """Paid ones first, the largest fast-track payment on top; only those whose customer can be written to."""
    paid = [claim for claim in seen.claims.values() if (claim.get("payout") or {}).get("status") == "succeeded"]
    return sorted(paid, key=lambda claim: (not claim.get("fast_track"), -claim["payout"]["amount_fen"]))


async def progress_page(client: HttpClient, info: StackInfo, seen: Observations) -> str | None:
    """The link in a mail that the customer of such a claim got; None where no such mail is found."""
    assert info.mail_catcher
    mails = await arrivals(client, info.mail_catcher.url, "messages")
    by_case = {case: mail for mail in mails if (case := _case_in(mail.subject))}
    for claim in interesting_claims(seen):
        mail = by_case.get(claim["case_number"])
        if mail:
            given = await client.get(f"{info.mail_catcher.url}/api/messages/{mail.number}/raw")
            found = PAGE.search(read(given.body, mail.message_id, mail.subject).text)
            if found:
                return found[0]
    return None


def _case_in(subject: str) -> str | None:
    found = re.search(r"\[(PC[0-9A-Z]{8})\]", subject)
    return found[1] if found else None


async def addresses(client: HttpClient, info: StackInfo, seen: Observations) -> Mapping[str, str]:
    assert info.mail_catcher
    assert info.payment
    page = await progress_page(client, info, seen)
    tokens = f"python -m shared.security.tokens issue --secrets-dir {info.secrets_dir}"
    return {
        **({"进度页 progress page (paid claim)": page} if page else {}),
        "收件箱 mail that went out": info.mail_catcher.url,
        "客服页 chat page": f"{info.url('intake')}/web/care/",
        "指标 metrics": f"{info.url('metrics')}/metrics",
        "付款方 payment provider": info.payment.url,
        "接口文档 API documents": "docs/openapi/ · docs/asyncapi.json",
        "坐席接口 desk API": f"{info.url('routing')}/v1/cases",
        "坐席令牌 desk token": f"{tokens} chen.jing --role agent",
        "理赔令牌 claims token": f"{tokens} ye.qing --role adjudicator",
    }
