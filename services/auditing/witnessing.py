"""`sanguan audit witness`: a small process of somebody else's, which remembers what the logs have signed."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Annotated, Any, Final

import typer

from services.auditing.app import audit_app
from services.cli import Data, Json, notes, run_loop, say, settings
from shared.audit.witness.memory import FILE
from shared.audit.witness.witness import Witness, read_keys
from shared.errors import Unusable
from shared.log.note import NoteRefused, Verifier, check_name
from shared.log.signing import Rotation
from shared.settings import Settings

_PORT: Final = 8090


@audit_app.command("witness")
def audit_witness(
    log_key: Annotated[
        list[Path] | None,
        typer.Option(help="A log's public key (<log>.pub), or its rotations (<log>.rotations). Repeatable; kept."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The witness's name, for ever: best a URL without its scheme. Default: made up.")
    ] = None,
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = _PORT,
    show: Annotated[bool, typer.Option("--show", help="Say what it holds, and serve nothing.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Witness logs 见证: cosign each checkpoint that goes on from the one before (C2SP tlog-witness), and no other.

    It belongs to somebody else than the record, on another machine: a court, an archive, another sub-district. DATA is
    its own: one file with its key and its memory, which must never be set back to an older copy. The record is told of
    it by SANGUAN_WITNESSES="URL KEY".

    A log that tells two stories is caught, and never cosigned again; both notes are kept (GET /fork?origin=…), and
    /-/health/ready, the metric sanguan_witness_forked and the exit code say so. An auditor takes the held note from
    GET /checkpoint?origin=… for `verify.py --checkpoint` and `sanguan audit verify --checkpoint`.

    Exits with 1 where a log was caught.

    Example: sanguan audit witness --name court.example/w1 --log-key 410105010.pub --data witness --port 8090
    """
    made = settings(data, port=port)
    with _opened(made.data_dir, log_key or (), name, make=not show) as witness:
        if show:
            say(_as_json(witness), as_json, _as_text(witness))
        else:
            from services.serving import listening

            with listening(made) as listener:
                run_loop(_serving(made, witness, listener))
        forked = any(one.fork is not None for one in witness.standings().values())
    raise typer.Exit(1 if forked else 0)


@contextmanager
def _opened(directory: Path, files: Sequence[Path], name: str | None, *, make: bool) -> Iterator[Witness]:
    """The witness of a directory, told of these keys; raises `Unusable`."""
    if not make and not (directory / FILE).is_file():
        raise Unusable("no_witness", f"{directory} 中没有见证。", f"There is no witness in {directory}.")
    told = [_read(path) for path in files]
    try:
        check_name(name or "unnamed")
    except NoteRefused as refused:
        raise Unusable("bad_witness_name", "此名称不能用于密钥。", f"That is no key's name: {refused}.") from None
    witness = Witness(directory, lambda: int(time.time()), name)
    try:
        witness.trust([key for keys, _ in told for key in keys], [one for _, changes in told for one in changes])
        yield witness
    finally:
        witness.close()


def _read(path: Path) -> tuple[list[Verifier], list[Rotation]]:
    try:
        return read_keys(path.read_text(encoding="utf-8"))
    except (NoteRefused, UnicodeDecodeError):
        raise Unusable(
            "log_key_unusable", f"{path} 不是日志的公钥或密钥更换记录。",
            f"{path} holds neither a log's public key nor its rotations.",
        ) from None  # fmt: skip


async def _serving(made: Settings, witness: Witness, listener: socket) -> None:
    def announce(url: str) -> None:
        notes.print(f"[green]✓[/] the witness is at [bold]{url}[/]  (Ctrl-C stops it)", highlight=False, soft_wrap=True)
        notes.print(f'  SANGUAN_WITNESSES="{url} {witness.key}"', highlight=False, soft_wrap=True, markup=False)
        if witness.is_new:
            notes.print("[yellow]![/] This witness is new: it has a new key, and remembers nothing.", highlight=False)
            notes.print("  If it has cosigned before, stop it, and bring its file back.", highlight=False)
        if not witness.standings():
            notes.print("[yellow]![/] It knows no log yet: give --log-key.", highlight=False)

    from services.serving import serve_app
    from shared.audit.witness.app import witness_app

    await serve_app(witness_app(witness), made, listener, announce)


def _as_json(witness: Witness) -> dict[str, Any]:
    """What it holds."""
    standings = witness.standings().values()
    return {
        "ok": not any(one.fork for one in standings), "name": witness.key.name, "key": str(witness.key),
        "logs": [
            {
                "origin": one.origin, "key": str(one.keys.current), "size": one.held.size if one.held else 0,
                "root": one.held.root.hex() if one.held else None, "note": one.held.note if one.held else None,
                "cosigned_at": one.held.at if one.held else None, "doubted": one.doubt is not None,
                "fork": one.fork and {"held": one.fork.held, "shown": one.fork.shown, "proof": one.fork.proof},
            }
            for one in standings
        ],
    }  # fmt: skip


def _as_text(witness: Witness) -> str:
    lines = [f"witness {witness.key}"]
    for one in witness.standings().values():
        state = "分叉 FORK: it has told two stories" if one.fork else "doubted" if one.doubt else "well"
        lines.append(f"{one.origin}: {one.held.size if one.held else 0} events, {state}")
        lines += ["", one.held.note] if one.held else []
        lines += ["", one.fork.as_text()] if one.fork else []
    return "\n".join(lines)
