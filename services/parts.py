"""The commands that stand in modules of their own: each is loaded when it is called, or when all are listed.

Loading all of them takes longer than most of what they do.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

PARTS: Final[Mapping[str, str]] = {
    "audit": "services.auditing:audit_app",
    "export": "services.exporting:export_app",
    "what-if": "services.what_if_cli:what_if_command",
    "paper": "services.papers_cli:paper_command",
    "plan": "services.documents_cli:plan_app",
    "rulebook": "services.documents_cli:rulebook_app",
    "user": "services.users_cli:user_app",
    "place": "services.users_cli:place_app",
    "machine": "services.users_cli:machine_app",
    "keys": "services.keeping_cli:keys_app",
    "backup": "services.keeping_cli:backup_command",
    "restore": "services.keeping_cli:restore_command",
}
"""Each command's module, and its name there: a group of commands, or the function of one."""


class WithParts(TyperGroup):
    """The group of all commands."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All of them, in the order of the help."""
        return [*super().list_commands(ctx), *PARTS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One of them; None where there is none of that name."""
        if cmd_name not in PARTS:
            return super().get_command(ctx, cmd_name)
        module, _, name = PARTS[cmd_name].partition(":")
        found = getattr(import_module(module), name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(rich_markup_mode="rich")
            alone.command(cmd_name)(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command
