"""`sanguan keys`, `backup`, `restore`: so that nothing is lost, and what was destroyed stays destroyed.

None of it needs the system to stop.
"""

import secrets
import shutil
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from services.cli import Data, Json, bar, existing, notes, say, settings
from services.installation import SERVICES, opened
from shared import backup as backups
from shared.audit.verify import Verification
from shared.clock import utc_now
from shared.errors import Unusable
from shared.log import rotation
from shared.log.append import microseconds
from shared.log.destroyed import Destroyed, read_list
from shared.settings import Settings
from shared.storage import Storage

keys_app: Final = typer.Typer(no_args_is_help=True, help="The master keys 主密钥: list them, change them.")

_STAGED: Final = ".restoring-"
"""How the directory is called in which a restored installation is put together."""


@keys_app.command("list")
def keys_list(data: Data = None, as_json: Json = False) -> None:
    """Say which master keys there are and how many keys each of them wraps."""
    with opened(existing(settings(data)), audits=True) as storage:
        used = rotation.under(storage.log_engine)
        names = storage.masters.names
        rows = [{"name": name, "current": name == names[0], "known": True, "wraps": used.get(name, 0)}
                for name in names]  # fmt: skip
        rows += [{"name": name, "current": False, "known": name == "", "wraps": count}
                 for name, count in used.items() if name not in names]  # fmt: skip
    lines = (f"{row['name'] or 'unnamed':<16} {'*' if row['current'] else ' '} {row['wraps']}" for row in rows)
    say({"ok": all(row["known"] for row in rows), "masters": rows}, as_json, "\n".join(lines))
    raise typer.Exit(0 if all(row["known"] for row in rows) else 1)


@keys_app.command("rotate")
def keys_rotate(
    new: Annotated[
        Path | None, typer.Option("--new", help="A file with the new key (32 bytes, base64); else one is made.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Change the master key: wrap every key again under a new one. No event changes, and the system may go on serving.

    Broken off, it goes on where it was when it is called again. The key of before stays beside the new one until
    `sanguan keys retire` deletes it. Where the settings give the master key: put the next key into
    SANGUAN_MASTER_KEY_OLD and restart every process; change the two and restart again; then call this; then take the
    old one out.

    Example: sanguan keys rotate --data data/mine
    """
    given = None if new is None else _key_in(new)
    with opened(existing(settings(data)), audits=True) as storage, bar() as progress:
        task = progress.add_task("wrapping again", total=rotation.count(storage.log_engine))
        done = rotation.rotate(
            storage.settings, storage.vault, storage.log_engine, given,
            lambda looked_at: progress.update(task, completed=looked_at),
        )  # fmt: skip
    body = {"ok": True, "master": done.name, "rewrapped": done.rewrapped, "resumed": done.resumed}
    say(body, as_json, f"{done.rewrapped} keys wrapped again; the master key is {done.name} now.")


@keys_app.command("retire")
def keys_retire(
    name: Annotated[str, typer.Argument(help="The name of an older master key, as `sanguan keys list` says it.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Delete an older master key that wraps nothing any more. Keep it with the backups that were made under it.

    Example: sanguan keys retire 3f0c9a1be2d47765
    """
    with opened(existing(settings(data)), audits=True) as storage:
        rotation.retire(storage.settings, storage.log_engine, name)
    say({"ok": True, "retired": name}, as_json, f"{name} is gone from here.")


def _key_in(path: Path) -> bytes:
    try:
        key = b64decode(path.read_text(encoding="ascii").strip(), validate=True)
    except (OSError, ValueError):
        key = b""
    if len(key) < 32:
        raise Unusable(
            "bad_key_file",
            f"{path} 中没有以 base64 写成的 32 字节密钥。",
            f"{path} holds no key of 32 bytes in base64.",
        )
    return key


# backup and restore ---------------------------------------------------------------------------------------------------


def backup_command(
    directory: Annotated[Path, typer.Argument(help="A new directory for the two files.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Back everything up, as of one moment, while the system serves 备份. Two files are written: record.db, the record
    without a key, and keys.db, all that is secret. Keep them in different places: together they open everything.

    Ledgers are folded again after a restore. With each backup goes the list of what was destroyed so far; the newest
    one belongs to every restore, of older backups too.

    Example: sanguan backup /mnt/backups/2015-06-11 --data data/mine
    """
    with opened(existing(settings(data)), audits=True) as storage, bar() as progress:
        storage.vault.destroy_again(microseconds(utc_now()))  # the list is whole before it is kept
        task = progress.add_task("backing up", total=None)
        made = backups.backup(
            storage.log_engine, storage.settings.keys_dir, directory, storage.masters, utc_now(),
            lambda done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip
    body = {"ok": True, "backup": made.id, "directory": str(directory), "events": made.events, "keys": made.keys}
    say(body, as_json, f"{directory}: {made.events} events in record.db, {made.keys} keys in keys.db.")


def restore_command(
    directory: Annotated[Path, typer.Argument(help="The directory of a backup.")],
    destroyed: Annotated[
        list[Path] | None,
        typer.Option(help="A list of what was destroyed (keys/destroyed.jsonl): the newest there is. Repeatable."),
    ] = None,
    no_list: Annotated[
        bool, typer.Option("--no-list", help="There is no list newer than the backup: nothing was destroyed since.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Restore a backup into an empty installation 恢复, on SQLite (--data) or PostgreSQL (SANGUAN_DATABASE_URL), from
    whichever of them it came.

    A backup is older than what was destroyed after it. So the newest list of what was destroyed is asked for: the
    DATA/keys/destroyed.jsonl of the installation that was lost, or the one kept beside it. What it names, what the
    backup's own list names, and what the record says was erased, gets no key in the new installation. Give --no-list
    only where you know that nothing was destroyed since the backup.

    Every event is held against the signed tree before it says that all is well. Exits with 1 where one differs.

    Example: sanguan restore /mnt/backups/2015-06-11 --destroyed destroyed.jsonl --data data/again
    """
    made = settings(data)
    if not destroyed and not no_list:
        raise Unusable(
            "destroyed_list_required", "请用 --destroyed 给出最新的销毁清单；若备份后没有销毁过，请用 --no-list 说明。",
            "Give the newest list of what was destroyed with --destroyed, or say with --no-list that there is none.",
        )  # fmt: skip
    listed = [one for path in destroyed or () for one in read_list(path)]
    with backups.kept(directory) as kept, _staged(made) as staged, bar() as progress:
        if destroyed:
            _refuse_stale(listed, kept.listed())
        task = progress.add_task("verifying the backup", total=None)

        def told(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        found = _restored(kept, made, staged, listed, told, lambda what: progress.update(task, description=what))
    if isinstance(found, Verification):
        say({**found.as_json(), "code": "backup_altered"}, as_json, found.as_text())
        raise typer.Exit(1)
    body = {"ok": True, "events": found.events, "forgotten": found.forgotten, "logs": found.logs}
    text = f"{found.events} events restored and verified; {found.forgotten} keys of what was destroyed left out."
    say(body, as_json, text)
    notes.print("Whoever was signed in signs in again. Look at accounts and tokens: they are those of the backup.")


def _refuse_stale(given: Sequence[Destroyed], at_the_backup: Sequence[Destroyed]) -> None:
    """A list that lacks what the backup already knew of is not the newest: it may be empty, or of another place."""
    lacking = {(one.log, one.subject) for one in at_the_backup} - {(one.log, one.subject) for one in given}
    if lacking:
        raise Unusable(
            "destroyed_list_stale",
            f"所给销毁清单缺少备份时已销毁的 {len(lacking)} 项：它不是最新的清单。",
            f"The given list lacks {len(lacking)} of what was destroyed before the backup: it is not the newest one.",
        )


@dataclass(frozen=True, slots=True)
class Restored:
    """What has come back."""

    events: int
    forgotten: int
    logs: Sequence[str]


def _restored(
    kept: backups.Kept, made: Settings, staged: Path, listed: Sequence[Destroyed], told: Callable[[int, int], None],
    doing: Callable[[str], None],
) -> Restored | Verification:  # fmt: skip
    if (bad := kept.verify(kept.record, told)) is not None:
        return bad
    kept.write_files(staged / "keys")
    storage = Storage(made.model_copy(update={"data_dir": staged}), SERVICES)
    try:
        storage.migrate()
        backups.require_empty(storage.log_engine)
        gone = [*kept.destroyed(), *listed]
        doing("restoring")
        forgotten = kept.copy_into(storage.log_engine, storage.masters, gone, told)
        storage.vault.destroy_again(microseconds(utc_now()), gone)
        storage.vault.prepare()
        doing("verifying what was restored")
        if (bad := kept.verify(storage.log_engine, told)) is not None:
            return bad
        logs = kept.logs()
        found = Restored(sum(storage.log.size(log) for log in logs), forgotten, logs)
    finally:
        storage.close()
    _moved_up(staged, made.data_dir)
    return found


@contextmanager
def _staged(made: Settings) -> Iterator[Path]:
    """A directory within the data directory, in which all is put together; what was left of another try goes."""
    for left in made.data_dir.glob(f"{_STAGED}*"):
        shutil.rmtree(left)
    if made.data_dir.exists() and any(made.data_dir.iterdir()):
        raise backups.not_empty(str(made.data_dir), f"{made.data_dir} ")
    staged = made.data_dir / f"{_STAGED}{secrets.token_hex(4)}"
    staged.mkdir(parents=True, mode=0o700)
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _moved_up(staged: Path, data_dir: Path) -> None:
    """Put it in its place, the log last: an installation is there when its log is."""
    for path in sorted(staged.iterdir(), key=lambda path: path.name == "log.db"):
        path.rename(data_dir / path.name)
