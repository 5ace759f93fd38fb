"""Who vouches for a checkpoint: the witnesses that an auditor trusts, and what stands there in their names."""

from collections.abc import Sequence

from shared.log.cosigning import Witness
from shared.log.note import NoteRefused, parse_signature, text_of


class NotCosigned(ValueError):
    """A checkpoint has a line in the name of a witness that is not by a key of his."""

    def __init__(self, witness: str) -> None:
        self.witness = witness
        super().__init__(f"a line in the name of {witness} is not by the key that was given")


def vouching(note: str, witnesses: Sequence[Witness]) -> set[Witness]:
    """Which of these witnesses cosigned a checkpoint; lines of others are ignored.

    Raises `NotCosigned` for a line in the name of one that is by none of that name, `NoteRefused` for what is no note.
    """
    known = {(one.name, one.key_hash): one for one in witnesses}
    names = {name for name, _ in known}
    text = text_of(note)
    found = set()
    for line in note.removeprefix(text + "\n").rstrip("\n").split("\n"):
        name, key_hash, signature = parse_signature(line)
        if name in names:
            witness = known.get((name, key_hash))
            if witness is None or not witness.verifies(text, signature):
                raise NotCosigned(name)
            found.add(witness)
    return found


def is_cosigned(note: object, key: object, line: object) -> bool:
    """Whether a stored line is the cosignature of a checkpoint by the key that is stored beside it. Each of the three
    may be anything in a tampered database."""
    if not (isinstance(note, str) and isinstance(key, str) and isinstance(line, str)) or line.count("\n") != 1:
        return False
    try:
        witness = Witness.parse(key)
        return str(witness) == key and witness in vouching(note + line, [witness]) - vouching(note, [witness])
    except (NotCosigned, NoteRefused):
        return False
