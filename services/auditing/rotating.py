"""`sanguan audit rotate-key`: another key signs the log from here on."""

from services.auditing.app import audit_app
from services.cli import Data, Json, LogName, existing, known_log, say, settings
from services.installation import LOG, opened
from shared.errors import Unusable


@audit_app.command("rotate-key")
def audit_rotate_key(log: LogName = LOG, data: Data = None, as_json: Json = False) -> None:
    """Change the key that signs a log's checkpoints 更换签名密钥. The system may go on serving.

    The old key signs what is there once more and is then gone; DATA/keys/LOG.rotations says so, signed by both. Give
    that file to each witness's operator: until they know, their witnesses refuse what the new key signs. What auditors
    kept, notes and keys, stays good. Broken off, it goes on where it was when it is called again.

    The log of readings has a key of its own: --log 410105010.access changes that.

    Example: sanguan audit rotate-key --log 410105010 --data data/mine
    """
    from shared.clock import utc_now
    from shared.log.key_rotation import change_key
    from shared.log.keys import rotations_of
    from shared.log.sealer import LogDamaged

    made = existing(settings(data))
    with opened(made, audits=True) as storage:
        known_log(storage, log)
        try:
            done = change_key(storage.log_engine, made.data_dir, log, utc_now())
        except LogDamaged as damaged:
            raise Unusable(
                "log_damaged", f"日志 {log} 与其签名不符：请先运行 sanguan audit verify。",
                f"The log does not fit what was signed of it: run `sanguan audit verify` first ({damaged}).",
            ) from None  # fmt: skip
    rotation = done.rotation
    body = {
        "ok": True, "log": log, "size": rotation.size, "root": rotation.root.hex(), "old_key": str(rotation.old),
        "new_key": str(rotation.new), "resumed": done.resumed, "rotations": str(rotations_of(made.data_dir, log)),
    }  # fmt: skip
    text = f"log {log}: {rotation.old} signs up to {rotation.size} events, {rotation.new} what is larger."
    say(body, as_json, f"{text}\nGive {body['rotations']} to the witnesses.")
