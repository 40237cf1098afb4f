"""Why a person's act is not done: a code for programs, the texts for people."""


class ActRefused(Exception):
    """The act is not done. `code` is for programs, the texts are for people."""

    def __init__(self, code: str, en: str, zh: str) -> None:
        super().__init__(en)
        self.code = code
        self.en = en
        self.zh = zh


class IllegalMove(ActRefused):
    """The case is not in a state for this act."""


class NotAllowed(ActRefused):
    """This person may not do it to this case."""
