"""What a customer is told who asks about a node: question and answer of each symptom, as a passive reply. Pure."""

from collections.abc import Iterable

from services.intake.adapters.social_table import HandbookWords
from shared.contracts.playbook import NodeTold

MOST_BYTES = 2000
"""WeChat cuts no text but refuses one of more than 2,048 bytes, so it ends before."""


def told(node: NodeTold, words: HandbookWords, language: str) -> str:
    """As many symptoms as fit, in the playbook's order; the end says how to go on in any case."""
    head, foot = words.head.in_language(language).format(node=node.title), words.foot.in_language(language)
    entries = (f"{entry.question}\n{entry.answer}" for entry in node.told)
    return "\n\n".join((head, *_fitting(entries, MOST_BYTES - _size(head) - _size(foot)), foot))


def _fitting(entries: Iterable[str], room: int) -> Iterable[str]:
    for entry in entries:
        room -= _size(entry)
        if room < 0:
            return
        yield entry


def _size(text: str) -> int:
    """With the empty line after it."""
    return len(text.encode()) + 2
