"""The facts of a change as words, each by the name of the variable that a row's sentence may use. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime

from services.notify.view import Facts
from services.notify.words import Words, in_sentence, yuan

WriteTime = Callable[[datetime], str]
FactWord = Callable[[Facts, Words, str, WriteTime], str]
"""Of facts, words, language, and how a time is written; empty where the fact is not known."""

FACT_WORDS: Mapping[str, FactWord] = {
    "kind": lambda of, words, lang, _: in_sentence(words.case_kinds[of["kind"]][lang]) if "kind" in of else "",
    "group": lambda of, words, lang, _: words.open_name(words.groups, of.get("group"), lang),
    "role": lambda of, words, lang, _: words.open_name(words.roles, of.get("role"), lang),
    "exception": lambda of, words, lang, _: words.exceptions[it][lang] if (it := of.get("exception")) else "",
    "promise": lambda of, words, lang, write: write(it) if (it := of.get("promise")) else "",
    "amount": lambda of, words, lang, _: yuan(it) if (it := of.get("amount")) is not None else "",
    "evidence": lambda of, words, lang, _: words.evidence_list(of.get("evidence", ()), lang),
    "details": lambda of, words, lang, _: words.detail_list(of.get("details", ()), lang),
    "questions": lambda of, words, lang, _: words.question_list(of.get("details", ()), lang),
    "received": lambda of, words, lang, _: words.evidence_list(of.get("received", ()), lang),
    "channel": lambda of, words, lang, _: words.open_name(words.channels, of.get("channel"), lang),
    "node": lambda of, words, lang, _: words.nodes[it][lang] if (it := of.get("node")) else "",
    "outcome": lambda of, words, lang, _: words.claim_states[of["outcome"]][lang] if "outcome" in of else "",
    "score": lambda of, words, lang, _: str(of.get("score", "")),
    "claim": lambda of, words, lang, _: of.get("claim", ""),
    "other": lambda of, words, lang, _: of.get("other", ""),
    "incident": lambda of, words, lang, _: of.get("incident", ""),
    "place": lambda of, words, lang, _: of.get("place", ""),
    "expected": lambda of, words, lang, write: write(it) if (it := of.get("expected")) else "",
    "party": lambda of, words, lang, _: words.parties[it][lang] if (it := of.get("party")) else "",
}
