"""The facts of a change as words, each by the name of the variable that a row's sentence may use. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime

from services.notify.view import Facts
from services.notify.words import Words, in_sentence, yuan

WriteTime = Callable[[datetime], str]
FactWord = Callable[[Facts, Words, str, WriteTime], str]
"""Of facts, words, language, and how a time is written; empty where the fact is not known."""

FACT_WORDS: Mapping[str, FactWord] = {
    "kind": lambda of, words, lang, _: in_sentence(words.case_kinds[of.kind][lang]) if of.kind else "",
    "group": lambda of, words, lang, _: words.open_name(words.groups, of.group, lang),
    "role": lambda of, words, lang, _: words.open_name(words.roles, of.role, lang),
    "exception": lambda of, words, lang, _: words.exceptions[of.exception][lang] if of.exception else "",
    "promise": lambda of, words, lang, write: write(of.promise) if of.promise else "",
    "amount": lambda of, words, lang, _: yuan(of.amount) if of.amount is not None else "",
    "evidence": lambda of, words, lang, _: words.evidence_list(of.evidence, lang),
    "received": lambda of, words, lang, _: words.evidence_list(of.received, lang),
    "channel": lambda of, words, lang, _: words.open_name(words.channels, of.channel, lang),
    "node": lambda of, words, lang, _: words.nodes[of.node][lang] if of.node else "",
    "outcome": lambda of, words, lang, _: words.claim_states[of.outcome][lang] if of.outcome else "",
    "claim": lambda of, words, lang, _: of.claim or "",
    "party": lambda of, words, lang, _: words.parties[of.party][lang] if of.party else "",
}
