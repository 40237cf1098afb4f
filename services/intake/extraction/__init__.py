"""What a contact's text says (IN-7): numbers, amounts, dates, phones, addresses, goods, node and wished solution."""

from services.intake.extraction.filled import filled
from services.intake.extraction.find import find, load_rules
from services.intake.extraction.mark import Mark
from services.intake.extraction.numbers import MAX_TEXT, Numbers, case_number_in, numbers_in

__all__ = ["MAX_TEXT", "Mark", "Numbers", "case_number_in", "filled", "find", "load_rules", "numbers_in"]
