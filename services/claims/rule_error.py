"""What is wrong with the rules: always names the file, and the cell where there is one."""


class RuleError(Exception):
    """A rule file can't be used. The service does not start with it; mend the named cell."""

    def __init__(self, file: str, where: str, what: str) -> None:
        super().__init__(f"{file}: {where}: {what}" if where else f"{file}: {what}")
        self.file = file
        self.where = where
        self.what = what
