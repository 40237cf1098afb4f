"""`python -m services.intake.check_gateways FILE`: whether intake would start with this file of gateways (IN-8)."""

from pathlib import Path
from typing import Annotated

import typer

from services.intake import gateways
from services.intake.lined_yaml import RuleFileError


def main(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a gateways.yaml")]) -> None:
    """Say what is wrong, with its line (exit code 1), or where each comes in and what gateways.json needs of it."""
    try:
        found = gateways.load(file)
    except RuleFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    needs = found.needs()
    for gateway in found.gateways:
        place = gateway.path or gateway.topic or ", ".join(gateway.domains)
        fields = f"   {gateway.entry}: {', '.join(needs[gateway.entry])}" if gateway.path else ""
        typer.echo(f"{gateway.name} ({gateway.kind})   {place}{fields}")


if __name__ == "__main__":
    typer.run(main)
