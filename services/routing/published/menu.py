"""`python -m services.routing.published.menu`: prints the body of WeChat's `menu/create`, made of the playbook (RO-10).

An operator sends it: curl --data-binary @- "https://api.weixin.qq.com/cgi-bin/menu/create?access_token=…"
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.routing import playbook_file
from services.routing.decision_table import RuleError
from services.routing.published import wechat_menu
from services.routing.rule_files import DIRECTORY

app = typer.Typer(add_completion=False)


@app.command()
def main(
    public_url: Annotated[str, typer.Option(envvar="PARTNER_URL", help="routing's outside address, for the page")],
    rules_dir: Annotated[Path, typer.Option(envvar="RULES_DIR", help="the rule files of this installation")] = (
        DIRECTORY
    ),
) -> None:
    """Prints the menu as JSON; says what is wrong where the platform would not take it."""
    if not public_url.startswith(("https://", "http://")):
        raise typer.BadParameter("an address with http:// or https://", param_hint="--public-url")
    today = datetime.now(UTC).date()
    try:
        book = playbook_file.load(rules_dir / "playbook", today)
        menu = wechat_menu.load(rules_dir, book, public_url.rstrip("/"), today)
    except RuleError as error:
        typer.echo(f"No menu. {error}", err=True)
        raise typer.Exit(1) from error
    # The platform shows \u escapes as they are.
    typer.echo(json.dumps(menu, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    app()
