"""An OCEL 2.0 log as JSON, written event by event.

Values of attributes are texts, whatever their declared type: the standard's schema has them so (its draft-07 says
`"value": {"type": "string"}`), and a reader knows by the declaration what they are.
"""

from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import msgspec

from services.exporting.objects import Thing
from services.exporting.ocel_types import SINCE_EVER, TYPES, Described, event_types, object_types
from services.exporting.projection import Told, moment, plain

_BUFFER_BYTES: Final = 1 << 20
_encode: Final = msgspec.json.Encoder().encode


class OcelJson:
    """Writes one file."""

    def __init__(self, out: Path) -> None:
        self._file: IO[bytes] = out.open("wb", buffering=_BUFFER_BYTES)
        self._file.write(b'{\n"eventTypes": ' + _encode(_declared(event_types())))
        self._file.write(b',\n"objectTypes": ' + _encode(_declared(object_types())))
        self._file.write(b',\n"events": [\n')
        self._first, self._in_objects = True, False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._begin_objects()
            self._file.write(b"\n]\n}\n")
        self._file.close()

    def event(self, told: Told) -> None:
        said = [("position", told.position), ("recorded_at", told.recorded_at), ("role", told.role)]
        said += zip((one.name for one in told.shape.attributes), told.values, strict=True)
        attributes = [{"name": name, "value": written(value)} for name, value in said if value is not None]
        self._item(
            {
                "id": told.id, "type": told.shape.activity, "time": moment(told.occurred_at), "attributes": attributes,
                "relationships": [
                    {"objectId": object, "qualifier": qualifier} for object, qualifier in told.relations.items()
                ],
            }
        )  # fmt: skip

    def turn(self) -> None:
        """The file's own buffer is enough."""

    def thing(self, thing: Thing) -> None:
        self._begin_objects()
        initial = [{"name": name, "value": written(value), "time": SINCE_EVER} for name, value in thing.initial.items()]
        later = [{"name": one.attribute, "value": written(one.value), "time": one.at} for one in thing.changes]
        self._item(
            {
                "id": thing.id, "type": thing.type, "attributes": initial + later,
                "relationships": [{"objectId": other, "qualifier": how} for other, how in thing.ties],
            }
        )  # fmt: skip

    def _begin_objects(self) -> None:
        if not self._in_objects:
            self._file.write(b'\n],\n"objects": [\n')
            self._first, self._in_objects = True, True

    def _item(self, item: dict[str, Any]) -> None:
        self._file.write(_encode(item) if self._first else b",\n" + _encode(item))
        self._first = False


def written(value: Any) -> str:
    """A value as text: `true`, `17`, `2015-06-18`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(plain(value))


def _declared(types: tuple[Described, ...]) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "attributes": [{"name": n, "type": TYPES[t]} for n, t in one.attributes.items()]}
        for one in types
    ]
