"""Runs intake: python -m services.intake. What an operator has to correct is said in its own words, without a trace."""

import sys

from services.intake.app import create_app
from services.intake.calls.wiring import AsteriskUnconfigured
from services.intake.credentials import MissingCredentials
from services.intake.lined_yaml import RuleFileError
from services.intake.objects.scanner import WrongAddress
from services.intake.settings import Settings
from services.intake.smtp_tls import WrongCertificate
from shared.service import serve

TO_CORRECT = (RuleFileError, MissingCredentials, AsteriskUnconfigured, WrongAddress, WrongCertificate)

if __name__ == "__main__":
    try:
        serve(create_app, Settings)
    except TO_CORRECT as fault:
        sys.exit(f"intake does not start: {fault}")
