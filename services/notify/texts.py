"""The progress page's fixed texts (web/texts.yaml), by reader's language."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from services.notify.tables import Sentence, Table, read_table

TEXTS_FILE = Path(__file__).parent / "web" / "texts.yaml"


class Texts(Table):
    texts: Mapping[str, Sentence]


class Speaker:
    """Says the texts in one language; an unknown name raises KeyError, so a page test finds it."""

    def __init__(self, texts: Texts, language: str) -> None:
        self._texts = texts.texts
        self.language = language

    def __call__(self, name: str, **values: str) -> str:
        return self._texts[name].say(self.language, values)


def load_texts(today: date, path: Path = TEXTS_FILE) -> Texts:
    """Raises `tables.TableError`."""
    return read_table(path, Texts, today)
