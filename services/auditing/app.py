"""What the commands of `sanguan audit` hang on."""

from typing import Final

import typer

audit_app: Final = typer.Typer(
    no_args_is_help=True, help="Check the record 审计: replay it, verify its tree, take it along as a bundle."
)
