"""What a contact or case is about, who said so, and why (RO-2)."""

from pydantic import Field

from shared.contracts.base import Contract, Language, Word


class CaseKind(Word):
    """工单性质: query 咨询, complaint 投诉, claim 理赔, after-sales 售后, feedback 反馈, exception 异常件."""

    QUERY = "query"
    COMPLAINT = "complaint"
    CLAIM = "claim"
    AFTER_SALES = "after_sales"
    FEEDBACK = "feedback"
    EXCEPTION = "exception"


class Sentiment(Word):
    """The customer's mood (情绪) as a contact's words show it."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Decider(Word):
    """Who said what a case is about: the table of words, the model, a form, a parcel's exception, or a person."""

    TABLE = "table"
    MODEL = "model"
    FORM = "form"
    EXCEPTION = "exception"
    AGENT = "agent"


class Classification(Contract):
    """What a contact is about, how sure, and the words that decided (RO-2)."""

    kind: CaseKind
    tags: tuple[str, ...]
    priority: int = Field(ge=1, le=4, description="1 critical … 4 low")
    confidence: float = Field(ge=0, le=1)
    words: tuple[str, ...] = ()
    rule: str
    decided_by: Decider = Decider.TABLE
    sentiment: Sentiment | None = Field(None, description="of the contacts so far the worst; None: nobody said a word")
    language: Language | None = Field(None, description="that the contact is written in")
