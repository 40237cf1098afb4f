"""`python -m tools.docs`: write the generated documents; `--check` only says which are out of date."""

from typing import Annotated

import typer

from tools.docs.generate import Refused, generate
from tools.docs.paths import ROOT
from tools.docs.requirements import CatalogueError


def main(
    check: Annotated[bool, typer.Option("--check", help="write nothing; fail where a document is out of date")] = False,
    accept_break: Annotated[
        list[str] | None, typer.Option(help="an event type whose schema may break older readers or events")
    ] = None,
) -> None:
    """Write docs/asyncapi.json, docs/schemas, docs/openapi and docs/features.md from the code."""
    try:
        documents = generate(frozenset(accept_break or ()))
    except (Refused, CatalogueError) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from refused
    stale = documents.stale()
    if check:
        for path in stale:
            typer.echo(f"out of date: {path.relative_to(ROOT)} (python -m tools.docs)", err=True)
        raise typer.Exit(1 if stale else 0)
    documents.write()
    typer.echo(f"{len(documents.texts)} documents, {len(stale)} changed")


if __name__ == "__main__":
    typer.run(main)
