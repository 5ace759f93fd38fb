"""`sanguan plan` and `sanguan rulebook`: what an office writes as YAML, checked, put in force, and shown as it stands.

A document is taken whole or not at all: `check` tells every mistake with its line, field and reason, and `adopt` does
nothing while there is one.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.markup import escape

from services.assessment.commands import AdoptPlan, AdoptRulebook, AmendPlan
from services.assessment.ledgers import plans, rulebooks
from services.assessment.rules import plan_file, rulebook_file
from services.assessment.rules.documents import DocumentFault, Form, Mistake, dump, load
from services.assessment.rules.plan import flag_of, oddities
from services.assessment.rules.versions import chosen, current, rulebook_on
from services.cli import Data, Json, LogName, check_log, existing, known_log, notes, run_loop, say, settings
from services.installation import LOG, opened
from shared.clock import utc_now
from shared.command import Asked, own_id
from shared.contracts.assessment import Plan
from shared.contracts.codes import Role
from shared.contracts.days import civil_day
from shared.contracts.event import Actor
from shared.contracts.model import Ledger, Refused
from shared.errors import Unusable
from shared.log.codec import canonical
from shared.settings import Settings

_OFFICE: Final = Actor(id="command-line", role=Role.OFFICE)

File = Annotated[Path, typer.Argument(help="The document (.yaml).")]
Author = Annotated[str, typer.Option("--author", help="The institution that enters it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why it is put in force, or changed.")]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document that is put in force."""

    name: str
    """Of the ledger's column and the command's field that hold it, too."""
    zh: str
    form: Form[Any]
    adopt: Callable[..., Any]
    amend: Callable[..., Any]
    ledger: Ledger[Any]
    on: Callable[[date, Sequence[plans.Row], Sequence[rulebooks.Row]], Any]
    """The row of the document that a day goes by, of all plans and rulebooks; None where there is none."""


PLAN: Final = Kind(
    "plan", "方案", plan_file.FORM, AdoptPlan, AmendPlan, plans.LEDGER, lambda day, rows, _: chosen(rows, "", day)
)
RULEBOOK: Final = Kind(
    "rulebook", "考核办法", rulebook_file.FORM, AdoptRulebook, AdoptRulebook, rulebooks.LEDGER, rulebook_on
)


def _commands(kind: Kind) -> typer.Typer:
    """The three commands of a kind of document."""
    app = typer.Typer(no_args_is_help=True, help=f"The {kind.name} {kind.zh} as a document: check, adopt, show.")
    checking = f"Say all that is wrong with a {kind.name}, and change nothing."
    adopting = f"Put a {kind.name} in force; where its code is in force, amend it. The same again changes nothing."
    showing = f"Print the {kind.name} in force, as YAML to edit and adopt."

    @app.command(help=_help(kind, checking, "check x.yaml"))
    def check(file: File, as_json: Json = False) -> None:
        try:
            value = load(file, kind.form)
        except DocumentFault as fault:
            say(_faulty(kind, fault), as_json, "\n".join(fault.lines()))
            raise typer.Exit(1) from None
        odd = _oddities(value)
        body = {"ok": True, "kind": kind.name, "code": value.code, "mistakes": [], "more": 0, "oddities": odd}
        text = f"{file.name}：{kind.zh}{value.code}没有错误。 The {kind.name} {value.code} has no mistakes."
        say(body, as_json, "\n".join([text, *(_odd_line(one) for one in odd)]))

    @app.command(help=_help(kind, adopting, "adopt x.yaml --author 领导小组办公室 --reason 印发 --data data/mine"))
    def adopt(
        file: File, author: Author, reason: Reason, log: LogName = LOG, data: Data = None, as_json: Json = False
    ) -> None:
        check_log(log)
        made = settings(data)
        try:
            value = load(file, kind.form)
        except DocumentFault as fault:
            raise told(kind, fault, as_json) from None
        body = run_loop(put_in_force(made, kind, value, log, author, reason))
        say(body, as_json, _outcome(kind, body))

    @app.command(help=_help(kind, showing, "show > x.yaml"))
    def show(
        code: Annotated[str, typer.Argument(help="Its code; without one, the one that is in force today.")] = "",
        log: LogName = LOG, data: Data = None, as_json: Json = False,
    ) -> None:  # fmt: skip
        row = _standing(settings(data), kind, log, code)
        value = getattr(row, kind.name)
        body = {
            "ok": True, "code": row.code, "version": row.version, "author": row.author, "reason": row.reason,
            "adopted_at": row.adopted_at.isoformat(), kind.name: json.loads(msgspec.json.encode(value)),
        }  # fmt: skip
        if as_json:
            say(body, as_json, "")
        else:
            print(dump(value), end="")

    return app


def _help(kind: Kind, meaning: str, example: str) -> str:
    return f"{meaning}\n\nExample: sanguan {kind.name} {example}"


# telling ----------------------------------------------------------------------------------------------------------


def told(kind: Kind, fault: DocumentFault, as_json: bool) -> typer.Exit:
    """Every mistake of a document that cannot be used: one line for each, or one object; gives the end of the call."""
    if as_json:
        say(_faulty(kind, fault), as_json, "")
    for line in fault.lines():
        notes.print(f"[red]✗[/] {escape(line)}", highlight=False, soft_wrap=True)
    return typer.Exit(2)


def _faulty(kind: Kind, fault: DocumentFault) -> dict[str, Any]:
    many = len(fault.mistakes) + fault.more
    return {
        "ok": False, "kind": kind.name, "code": "document_faulty",
        "detail_zh": f"{fault.name} 有 {many} 处错误，未作任何改动。",
        "detail_en": f"{fault.name} has {many} mistakes; nothing was changed.",
        "mistakes": [_mistake(one) for one in fault.mistakes], "more": fault.more,
        "unread": fault.unread,
    }  # fmt: skip


def _mistake(one: Mistake) -> Mapping[str, Any]:
    told = asdict(one)
    return told | {"detail_zh": told.pop("why_zh"), "detail_en": told.pop("why_en")}


def _oddities(value: Any) -> list[dict[str, Any]]:
    """What is odd about a plan and can be computed, each with the code of the author's note of it."""
    if not isinstance(value, Plan):
        return []
    flags = [(odd, flag_of(value, odd)) for odd in oddities(value)]
    return [
        {
            "names": odd.names, "what": odd.what.value, "detail_zh": odd.what.zh, "detail_en": odd.what.en,
            "flagged_by": flag.code, "note_zh": flag.note_zh, "note_en": flag.note_en,
        }
        for odd, flag in flags if flag is not None
    ]  # fmt: skip


def _odd_line(one: Mapping[str, Any]) -> str:
    return f"  ⚑ {one['names']}：{one['detail_zh']} {one['detail_en']} ({one['flagged_by']}：{one['note_zh']})"


def _outcome(kind: Kind, body: Mapping[str, Any]) -> str:
    code, version = body["code"], body["version"]
    match body["done"]:
        case "unchanged":
            return f"{kind.zh}{code}与现行第{version}版相同，没有改动。 This is version {version}: nothing changed."
        case "adopted":
            return f"{kind.zh}{code}已施行（第{version}版）。 The {kind.name} {code} is in force."
        case _:
            return f"{kind.zh}{code}已调整（第{version}版）。 The {kind.name} {code} was amended: version {version}."


# putting in force, and reading what is ----------------------------------------------------------------------------


async def put_in_force(
    settings: Settings, kind: Kind, value: Any, log: str, author: str, reason: str
) -> dict[str, Any]:  # fmt: skip
    """Adopt a document, or amend the one of its code. Raises `Refused`."""
    from services.paper_ledger import checked
    from services.together import settled, together  # and all that serves

    async with together(settings, stream=False) as node:
        follower, desk = node.followers["assessment"], node.desks["assessment"]
        await follower.caught_up(log)
        with node.look("assessment", log) as look:
            version = max((row.version for row in look.rows(kind.ledger, code=value.code)), default=0)
        make = kind.amend if version else kind.adopt
        command = checked(make(**{kind.name: value}, author=author, reason=reason))
        digest = hashlib.sha256(canonical(value)).hexdigest()[:16]
        asked = Asked(
            log=log, command_id=own_id(f"{kind.name}-{value.code}-{version + 1}-{digest}"), command=command,
            occurred_at=utc_now(), actor=_OFFICE, id=value.code,
        )  # fmt: skip
        body = {"ok": True, "kind": kind.name, "code": value.code, "log": log}
        try:
            appended = await desk.send(asked)
            await settled(node)  # whoever looks next finds every ledger there
        except Refused as refused:
            if refused.code != "nothing_changed":
                raise
            return body | {"version": refused.known["version"], "done": "unchanged", "positions": []}
        done = "amended" if version else "adopted"
        return body | {"version": version + 1, "done": done, "positions": [appended.position]}


def _standing(settings: Settings, kind: Kind, log: str, code: str) -> Any:
    """The row of the document that is in force; raises `Unusable`."""
    with opened(existing(settings), audits=True) as storage:
        known_log(storage, log)
        with storage.ledgers_engine.connect() as connection:
            rows: dict[str, list[Any]] = {
                ledger.name: [row for _, row in storage.tables["assessment"][ledger.name].query(connection, log, {})]
                for ledger in (plans.LEDGER, rulebooks.LEDGER)
            }
    own, today = rows[kind.ledger.name], civil_day(utc_now())
    there = ", ".join(sorted({row.code for row in own})) or "-"
    row = current(own, code) if code else kind.on(today, rows[plans.LEDGER.name], rows[rulebooks.LEDGER.name])
    if row is None:
        raise Unusable(
            f"unknown_{kind.name}", f"没有在施行的{kind.zh}{code}。现有：{there}",
            f"There is no {kind.name} {code} in force. There are: {there}".replace("  ", " "),
        )  # fmt: skip
    return row


# schemas ----------------------------------------------------------------------------------------------------------


plan_app: Final = _commands(PLAN)
rulebook_app: Final = _commands(RULEBOOK)
