"""What the claims API takes and answers: bodies, and the description of its routes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.claims.claim_file import Verdict
from services.claims.view import ClaimPage, ClaimView
from shared.contracts.claims import ClaimState
from shared.contracts.interactions import ClaimKind, EvidenceKind
from shared.openapi import PROBLEM, Answer, Parameter, RouteDoc

DECIDERS = ("adjudicator",)
READERS = ("agent", "lead", "supervisor", "adjudicator")
PAGE = 50
MOST = 200
Reason = Annotated[str, Field(min_length=1, max_length=2000)]


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DecideBody(Body):
    """`amount_fen` is needed for `partly`; `approve` without it takes the computed award."""

    decision: Verdict
    amount_fen: int | None = Field(None, gt=0, le=10**12, strict=True)
    reason: Reason
    payee: str | None = Field(None, min_length=1, max_length=200)


class EvidenceBody(Body):
    kinds: tuple[EvidenceKind, ...] = Field(min_length=1)


class AppealBody(Body):
    reason: Reason


_PROBLEMS = {
    400: Answer("a parameter or the body is not understood", content_type=PROBLEM),
    401: Answer("no valid token", content_type=PROBLEM),
    403: Answer("the role may not, or somebody else must (four eyes)", content_type=PROBLEM),
    404: Answer("no such claim", content_type=PROBLEM),
}
_ACT_PROBLEMS = {
    **_PROBLEMS,
    409: Answer("not possible in this state; `detail` and `detail_zh` say why", content_type=PROBLEM),
    412: Answer("the claim changed since it was read", content_type=PROBLEM),
    422: Answer("the body is not valid", content_type=PROBLEM),
    428: Answer("If-Match is missing", content_type=PROBLEM),
}
_IF_MATCH = Parameter("If-Match", "the ETag of the claim as it was read", where="header", required=True)


def _act_doc(name: str, summary: str, request: type[BaseModel] | None, roles: tuple[str, ...]) -> RouteDoc:
    return RouteDoc(
        path=f"/v1/claims/{{claim_id}}/{name}",
        method="POST",
        summary=summary,
        request=request,
        responses={200: Answer("the claim after it", ClaimView), **_ACT_PROBLEMS},
        roles=roles,
        parameters=(_IF_MATCH,),
    )


ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        path="/v1/claims",
        method="GET",
        summary="The queue of claims, the oldest first",
        responses={200: Answer("a page of claims", ClaimPage), **_PROBLEMS},
        roles=READERS,
        parameters=(
            Parameter("state", "only claims in this state; may be repeated", schema={"enum": [*ClaimState]}),
            Parameter("kind", "only claims of this kind", schema={"enum": [*ClaimKind]}),
            Parameter("tracking_number", "only claims for this parcel"),
            Parameter("limit", f"at most {MOST}", schema={"type": "integer", "default": PAGE}),
            Parameter("after", "`next` of the page before"),
        ),
    ),
    RouteDoc(
        path="/v1/claims/{claim_id}",
        method="GET",
        summary="A claim with its facts, evidence, liability, arithmetic and law; its ETag is needed to act on it",
        responses={200: Answer("the claim", ClaimView), **_PROBLEMS},
        roles=READERS,
    ),
    RouteDoc(
        path="/v1/claims/{claim_id}/explanation",
        method="GET",
        summary="The explanation of the decision in words, in Chinese or English",
        responses={200: Answer("plain text", content_type="text/plain"), **_PROBLEMS},
        roles=READERS,
        parameters=(Parameter("lang", "zh or en; default: the customer's", schema={"enum": ["zh", "en"]}),),
    ),
    _act_doc("decide", "Approve, in part, or reject; above a limit a second person confirms", DecideBody, DECIDERS),
    _act_doc("request-evidence", "Ask the customer for evidence", EvidenceBody, DECIDERS),
    _act_doc("withdraw", "Withdraw the claim for the customer", None, READERS),
    _act_doc("appeal", "Appeal for the customer, once: another person decides", AppealBody, READERS),
)
