"""Words for people, always in Chinese and English, and money as a person writes it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages."""

    zh: str
    en: str

    @property
    def both(self) -> str:
        """For a field that holds one string."""
        return f"{self.zh} / {self.en}"


def joined(texts: list[Text]) -> Text:
    return Text("；".join(t.zh for t in texts), "; ".join(t.en for t in texts))


def yuan(fen: int) -> str:
    """123450 → 1,234.50"""
    whole, rest = divmod(fen, 100)
    return f"{whole:,}.{rest:02d}"


def money(fen: int) -> Text:
    return Text(f"{yuan(fen)} 元", f"CNY {yuan(fen)}")
