"""`sanguan user`, `sanguan place`, `sanguan machine`: who may sign in, and how far they reach. The operator's commands.

A password is asked for on the terminal, or read as the first line of what is piped in; it is never an argument, which
other users of a machine could see. One that is generated is printed once and stands nowhere else.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import typer

from services.cli import Data, Json, existing, options, say, settings
from services.installation import SERVICES, opened
from shared.access.accounts import Account
from shared.access.machines import Machine
from shared.access.passwords import drawn
from shared.access.places import Places
from shared.access.policy import Kind
from shared.access.sessions import Session
from shared.contracts.codes import Role
from shared.contracts.days import CIVIL
from shared.contracts.model import Refused
from shared.errors import Unusable
from shared.storage import Storage

user_app: Final = typer.Typer(no_args_is_help=True, help="Accounts 账号: open, grant, close; end sessions.")
place_app: Final = typer.Typer(no_args_is_help=True, help="Places 辖区: which sub-districts lie within a district.")
machine_app: Final = typer.Typer(no_args_is_help=True, help="Kept tokens of machines 机器令牌, with scopes and an end.")

Name = Annotated[str, typer.Argument(help="The account's name: a code, nobody's own name.")]
Place = Annotated[str, typer.Option(help="A community (12 digits), sub-district (9), district (6) or city (4).")]
Generate = Annotated[bool, typer.Option("--generate", help="Make a password, and print it once.")]
By = Annotated[str, typer.Option(help="Who grants it (a code).")]


@contextmanager
def _storage(data: Data) -> Iterator[Storage]:
    """The storage of an installation that is there; a refusal names the option that it is about."""
    with options({"name": "NAME", "held": "--place", "code": "CODE"}), opened(existing(settings(data))) as storage:
        yield storage


# accounts ---------------------------------------------------------------------------------------------------------


@user_app.command("open")
def open_user(
    name: Name,
    actor: Annotated[str | None, typer.Option(help="The pseudonym that the record names (default: the name).")] = None,
    role: Annotated[Role | None, typer.Option(help="A role to begin with.")] = None,
    place: Annotated[str | None, typer.Option(help="Where that role is held.")] = None,
    generate: Generate = False,
    no_password: Annotated[bool, typer.Option("--no-password", help="They sign in by the provider: link it.")] = False,
    by: By = "command-line",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Open an account, perhaps with its first role. The password is asked for, or read from stdin.

    Example: sanguan user open clerk-zhao --role clerk --place 410105010001 --generate
    """
    if (role is None) != (place is None):
        raise Unusable("bad_usage", "--role 与 --place 须一同给出。", "Give --role and --place together.")
    password = None if no_password else _password(generate)
    with _storage(data) as storage:
        accounts = storage.sign_in.accounts
        if role is not None and place is not None:
            accounts.check_grant(role, place)
        accounts.open(name, actor, password)
        if role is not None and place is not None:
            accounts.grant(name, role, place, by)
        body = {"ok": True, **_told(accounts.named(name))}
    _say_password(body, password, generate, as_json, f"账号 {name} 已开通。 The account {name} is open.")


@user_app.command("close")
def close_user(name: Name, data: Data = None, as_json: Json = False) -> None:
    """Close an account for good; its sessions end. Its name is never given to anybody else.

    Example: sanguan user close clerk-zhao
    """
    with _storage(data) as storage:
        storage.sign_in.accounts.close(name)
    say({"ok": True, "name": name}, as_json, f"账号 {name} 已注销。 The account {name} is closed.")


@user_app.command("grant")
def grant(
    name: Name, role: Annotated[Role, typer.Option(help="The role.")], place: Place, by: By = "command-line",
    data: Data = None, as_json: Json = False,
) -> None:  # fmt: skip
    """Give an account a role at a place. It can be taken after the next sign-in. Again changes nothing.

    Example: sanguan user grant leader-qian --role leader --place 410105
    """
    with _storage(data) as storage:
        storage.sign_in.accounts.grant(name, role, place, by)
        body = {"ok": True, **_told(storage.sign_in.accounts.named(name))}
    say(body, as_json, f"已授予 {name} 角色 {role.zh}（{place}）。 {name} is {role.en} at {place}.")


@user_app.command("revoke")
def revoke(
    name: Name, role: Annotated[Role, typer.Option(help="The role.")], place: Place, data: Data = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Take a role at a place from an account; the sessions in it end.

    Example: sanguan user revoke leader-qian --role leader --place 410105
    """
    with _storage(data) as storage:
        storage.sign_in.accounts.revoke(name, role, place)
        body = {"ok": True, **_told(storage.sign_in.accounts.named(name))}
    say(body, as_json, f"已撤销 {name} 的角色 {role.zh}（{place}）。 {name} is no longer {role.en} at {place}.")


@user_app.command("password")
def password_of(name: Name, generate: Generate = False, data: Data = None, as_json: Json = False) -> None:
    """Give an account another password; its sessions end. It is asked for, or read from stdin.

    Example: sanguan user password clerk-zhao --generate
    """
    password = _password(generate)
    with _storage(data) as storage:
        storage.sign_in.accounts.set_password(name, password)
    told = f"账号 {name} 的口令已修改。 The password of {name} was changed."
    _say_password({"ok": True, "name": name}, password, generate, as_json, told)


@user_app.command("factor-reset")
def factor_reset(name: Name, data: Data = None, as_json: Json = False) -> None:
    """Forget an account's second factor, which was lost; its sessions end, and the next sign-in sets another up.

    Example: sanguan user factor-reset auditor-wu
    """
    with _storage(data) as storage:
        storage.sign_in.accounts.reset_factor(name)
    say({"ok": True, "name": name}, as_json, f"{name} 的第二因素已重置。 The second factor of {name} was reset.")


@user_app.command("link")
def link(
    name: Name,
    subject: Annotated[str, typer.Option(help="Who they are to the provider: its `sub`.")],
    issuer: Annotated[str | None, typer.Option(help="The provider (default: SANGUAN_OIDC_ISSUER).")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say who an account is at the OpenID provider; its sessions end.

    Example: sanguan user link office-li --subject 5f1c2e
    """
    with _storage(data) as storage:
        by = issuer or storage.settings.oidc_issuer
        if by is None:
            raise Unusable(
                "no_issuer", "请用 --issuer 或 SANGUAN_OIDC_ISSUER 指明身份提供方。",
                "Name the provider, by --issuer or SANGUAN_OIDC_ISSUER.",
            )  # fmt: skip
        storage.sign_in.accounts.link(name, by, subject)
    say({"ok": True, "name": name, "issuer": by}, as_json, f"{name} 已关联。 {name} is linked to {by}.")


@user_app.command("list")
def list_users(data: Data = None, as_json: Json = False) -> None:
    """List all accounts with the roles that they hold.

    Example: sanguan user list --json
    """
    with _storage(data) as storage:
        found = storage.sign_in.accounts.listed()
    say({"ok": True, "accounts": [_told(one) for one in found]}, as_json, _lines(map(_account_line, found)))


@user_app.command("sessions")
def sessions_of(name: Name, data: Data = None, as_json: Json = False) -> None:
    """List the running sessions of an account.

    Example: sanguan user sessions clerk-zhao
    """
    with _storage(data) as storage:
        storage.sign_in.accounts.named(name)
        found = storage.sessions.of_account(name)
    say({"ok": True, "name": name, "sessions": [_session(one) for one in found]}, as_json, _lines(map(_running, found)))


@user_app.command("end-sessions")
def end_sessions(name: Name, data: Data = None, as_json: Json = False) -> None:
    """End all sessions of an account.

    Example: sanguan user end-sessions clerk-zhao
    """
    with _storage(data) as storage:
        storage.sign_in.accounts.named(name)
        ended = len(storage.sessions.of_account(name))
        storage.sign_in.accounts.end_sessions(name)
    told = f"已结束 {name} 的 {ended} 个会话。 {ended} sessions of {name} were ended."
    say({"ok": True, "name": name, "ended": ended}, as_json, told)


# places -----------------------------------------------------------------------------------------------------------


@place_app.command("put")
def put_place(
    code: Annotated[str, typer.Argument(help="A sub-district (9 digits) or a district (6).")],
    within: Annotated[str, typer.Option(help="The district (6 digits) or city (4) that it lies in.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say where a sub-district or a district lies, in place of what was said before.

    Example: sanguan place put 410105010 --within 410105
    """
    with _storage(data) as storage:
        Places(storage.log_engine).put(code, within)
    say({"ok": True, "code": code, "within": within}, as_json, f"{code} ∈ {within}")


@place_app.command("list")
def list_places(data: Data = None, as_json: Json = False) -> None:
    """List which places lie within which.

    Example: sanguan place list
    """
    with _storage(data) as storage:
        found = Places(storage.log_engine).listed()
    body = {"ok": True, "places": [{"code": one.code, "within": one.within} for one in found]}
    say(body, as_json, _lines(f"{one.code:<10} ∈ {one.within}" for one in found))


# machines ---------------------------------------------------------------------------------------------------------


@machine_app.command("open")
def open_machine(
    name: Annotated[str, typer.Argument(help="The token's name: a code.")],
    role: Annotated[Role, typer.Option(help="The role that it asks in.")],
    place: Place,
    scope: Annotated[list[str], typer.Option(help="What it is for: a kind, or one address of it. Repeatable.")],
    days: Annotated[int, typer.Option(min=1, max=400, help="How long it is good.")] = 90,
    actor: Annotated[str | None, typer.Option(help="The pseudonym that the record names (default: the name).")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Open a kept token for a program, and print it once.

    Example: sanguan machine open portal --role subscriber --place 410105010 --scope record --days 90
    """
    with _storage(data) as storage:
        _check_scopes(scope)
        token = storage.machines.open(name, role, place, scope, timedelta(days=days), actor)
    body = {"ok": True, "name": name, "token": token, "role": role, "place": place, "scopes": sorted(scope)}
    say(body | {"days": days}, as_json, token)


@machine_app.command("end")
def end_machine(
    name: Annotated[str, typer.Argument(help="The token's name.")], data: Data = None, as_json: Json = False
) -> None:
    """End a kept token: from the next request on it opens nothing.

    Example: sanguan machine end portal
    """
    with _storage(data) as storage:
        storage.machines.end(name)
    say({"ok": True, "name": name}, as_json, f"令牌 {name} 已作废。 The token {name} is ended.")


@machine_app.command("list")
def list_machines(data: Data = None, as_json: Json = False) -> None:
    """List the kept tokens, those that are over too. What they are is stored nowhere.

    Example: sanguan machine list
    """
    with _storage(data) as storage:
        found = storage.machines.listed()
    say({"ok": True, "machines": [_machine(one) for one in found]}, as_json, _lines(map(_machine_line, found)))


def _check_scopes(scopes: list[str]) -> None:
    """That commands which are named are there: one that is misspelt would let nothing in, and nobody would know."""
    from shared.web.commands import commands_of

    commands = {f"{Kind.COMMAND}:{s.name}/commands/{slug}" for s in SERVICES for slug in commands_of(s)}
    for one in scopes:
        if one.startswith(f"{Kind.COMMAND}:") and one not in commands:
            raise Refused("bad_scope", field="scope")


# passwords --------------------------------------------------------------------------------------------------------


def _password(generate: bool) -> str:
    """A new password: made here, asked for twice on a terminal, or the first line of what is piped in."""
    if generate:
        return drawn()
    if sys.stdin.isatty():
        said: str = typer.prompt("口令 Password", hide_input=True, confirmation_prompt=True, err=True)
        return said
    return sys.stdin.readline().rstrip("\r\n")


def _say_password(body: dict[str, Any], password: str | None, generated: bool, as_json: bool, told: str) -> None:
    shown = {"password": password} if generated else {}
    say(body | shown, as_json, f"{told}\n口令 password: {password}" if generated else told)


# telling ----------------------------------------------------------------------------------------------------------


def _told(account: Account) -> dict[str, Any]:
    """An account for a program, without anything that opens it."""
    return {
        "name": account.name, "actor": account.actor, "opened_at": account.opened_at.isoformat(),
        "closed_at": None if account.closed_at is None else account.closed_at.isoformat(),
        "password": account.password is not None, "factor": account.factor is not None, "issuer": account.issuer,
        "demo": account.demo,
        "memberships": [
            {"role": one.role, "place": one.place, "granted_at": one.granted_at.isoformat()}
            for one in account.memberships
        ],
    }  # fmt: skip


def _account_line(account: Account) -> str:
    held = "、".join(f"{one.role} @ {one.place}" for one in account.memberships) or "—"
    ways = [
        way for way, has in (("password", account.password), ("factor", account.factor), ("linked", account.issuer),
                             ("demo", account.demo), ("closed", account.closed_at)) if has
    ]  # fmt: skip
    return f"{account.name:<24} {held}  [{', '.join(ways)}]"


def _session(one: Session) -> dict[str, Any]:
    return {
        "session": one.name, "role": one.role, "place": one.place, "opened_at": one.opened_at.isoformat(),
        "seen_at": one.seen_at.isoformat(), "ends_at": one.ends_at.isoformat(),
    }  # fmt: skip


def _running(one: Session) -> str:
    return f"{one.name}  {one.role} @ {one.place}  {_civil(one.opened_at)} – {_civil(one.ends_at)}"


def _machine(one: Machine) -> dict[str, Any]:
    return {
        "name": one.name, "actor": one.actor, "role": one.role, "place": one.place, "scopes": list(one.scopes),
        "opened_at": one.opened_at.isoformat(), "ends_at": one.ends_at.isoformat(),
        "ended_at": None if one.ended_at is None else one.ended_at.isoformat(),
    }  # fmt: skip


def _machine_line(one: Machine) -> str:
    end = f"until {_civil(one.ends_at)}" if one.ended_at is None else "ended"
    return f"{one.name:<24} {one.role} @ {one.place}  {', '.join(one.scopes)}  {end}"


def _civil(at: datetime) -> str:
    return at.astimezone(CIVIL).isoformat(sep=" ", timespec="minutes")


def _lines(lines: Any) -> str:
    return "\n".join(lines) or "—"
