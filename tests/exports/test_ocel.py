"""`sanguan export ocel`: fits OCEL 2.0 in both forms, tells the same in both, and holds nothing that may not leave."""

import json
import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from services.exporting.ocel_json import OcelJson
from services.exporting.ocel_types import event_types
from services.exporting.pseudonyms import Pseudonyms
from services.exporting.telling import extent, tell
from services.exporting.vocabulary import LEFT_OUT
from shared.contracts.catalogue import EVENTS
from tests.exports import ocel_rules
from tests.exports.conftest import Exported
from tests.exports.record import (
    CASE,
    COMMUNITY,
    LEAVING,
    LOG,
    OFFICERS,
    Canaries,
    append,
    life,
    proposals,
    storage_at,
)

Told = tuple[Path, dict[str, Any]]


def read(told: Told) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told[0].read_bytes())
    return found


def of_type(log: dict[str, Any], type: str) -> list[dict[str, Any]]:
    return [one for one in log["objects"] if one["type"] == type]


# the standard -----------------------------------------------------------------------------------------------------


def test_json_fits_the_standard(json_file: Told) -> None:
    log = read(json_file)
    jsonschema.Draft7Validator.check_schema(ocel_rules.SCHEMA)
    jsonschema.validate(log, ocel_rules.SCHEMA, jsonschema.Draft7Validator)
    assert list(ocel_rules.faults(log)) == []
    assert {one["type"] for one in log["events"]} == {one.name for one in event_types()}, "each was tried"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda log: log["events"].append(log["events"][0]),
        lambda log: log["events"][0].update(type="unheard-of"),
        lambda log: log["events"][0]["relationships"].append({"objectId": "case/none", "qualifier": ""}),
        lambda log: next(e for e in log["events"] if e["type"] == "case-resolved")["attributes"].append(
            {"name": "by_agreement", "value": "perhaps"}
        ),
        lambda log: log["objects"][0]["attributes"].append({"name": "x", "value": "1", "time": "2015-01-01T00:00:00Z"}),
        lambda log: log["eventTypes"].append(log["eventTypes"][0]),
    ],
)
def test_the_rules_find_what_is_wrong(json_file: Told, spoil: Any) -> None:
    log = read(json_file)
    spoil(log)
    assert list(ocel_rules.faults(log)) != []


@pytest.mark.parametrize("time", ["2015-06-18T09:30:00", "2015-06-18", 0])
def test_a_time_without_an_offset_would_not_fit(json_file: Told, time: Any) -> None:
    log = read(json_file)
    log["events"][0]["time"] = time
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(log, ocel_rules.SCHEMA, jsonschema.Draft7Validator)


def test_sqlite_fits_the_standard(sqlite_file: Told) -> None:
    database = ocel_rules.Relational(sqlite_file[0])
    assert list(database.faults()) == []
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE event_CaseClosed",
        "DELETE FROM object WHERE ocel_type = 'meeting'",
        "DELETE FROM object_Case WHERE ocel_changed_field IS NULL",
        "UPDATE object_Case SET grid = '1' WHERE ocel_changed_field = 'status'",
        "UPDATE event_CaseClosed SET ocel_time = '2015-06-18 09:30:00'",
        "ALTER TABLE event_CaseClosed ADD COLUMN x BLOB",
        "CREATE TABLE more (x TEXT)",
    ],
)
def test_the_relational_rules_find_what_is_wrong(sqlite_file: Told, tmp_path: Path, statement: str) -> None:
    spoilt = Path(shutil.copy(sqlite_file[0], tmp_path / "spoilt.sqlite"))
    with sqlite3.connect(spoilt) as connection:
        connection.execute(statement)
    connection.close()
    database = ocel_rules.Relational(spoilt)
    assert list(database.faults()) != []
    database.close()


def test_both_forms_tell_the_same(json_file: Told, sqlite_file: Told) -> None:
    log, connection = read(json_file), sqlite3.connect(sqlite_file[0])
    assert set(connection.execute("SELECT ocel_id, ocel_type FROM event")) == {
        (one["id"], one["type"]) for one in log["events"]
    }
    assert set(connection.execute("SELECT * FROM event_object")) == {
        (one["id"], other["objectId"], other["qualifier"]) for one in log["events"] for other in one["relationships"]
    }
    assert set(connection.execute("SELECT * FROM object_object")) == {
        (one["id"], other["objectId"], other["qualifier"]) for one in log["objects"] for other in one["relationships"]
    }
    for kind, items in (("event", log["events"]), ("object", log["objects"])):
        maps = dict(connection.execute(f"SELECT * FROM {kind}_map_type"))
        for one in items:
            assert _told_in_sqlite(connection, f"{kind}_{maps[one['type']]}", one["id"]) == _told_in_json(one)
    connection.close()
    assert {name: json_file[1][name] for name in ("events", "objects", "relations", "left_out", "root")} == {
        name: sqlite_file[1][name] for name in ("events", "objects", "relations", "left_out", "root")
    }


def _told_in_sqlite(connection: sqlite3.Connection, table: str, id: str) -> set[tuple[str, str, str]]:
    """(time, attribute, value as text)."""
    found = connection.execute(f'SELECT * FROM "{table}" WHERE ocel_id = ?', (id,))
    columns = [(name[0], type) for name, type in zip(found.description, _types(connection, table), strict=True)]
    return {
        (row[1], name, _text(value, type))
        for row in found for (name, type), value in zip(columns, row, strict=True)
        if value is not None and not name.startswith("ocel_")
    }  # fmt: skip


def _types(connection: sqlite3.Connection, table: str) -> list[str]:
    return [type for _, _, type, *_ in connection.execute(f'PRAGMA table_info("{table}")')]


def _text(value: Any, type: str) -> str:
    return ("false", "true")[value] if type == "BOOLEAN" else str(value)


def _told_in_json(one: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(a.get("time") or one["time"], a["name"], a["value"]) for a in one["attributes"]}


# what leaves ------------------------------------------------------------------------------------------------------


def test_every_event_leaves_or_is_counted(json_file: Told) -> None:
    told, steps = json_file[1], len(list(life()))
    assert told["events"] == LEAVING + steps == len(read(json_file)["events"])
    assert told["left_out"] == {event.NAME: 1 for event in sorted(LEFT_OUT, key=lambda event: event.NAME)}
    assert told["events"] + sum(told["left_out"].values()) == len(EVENTS) + steps == told["position"] + 1
    assert told["objects"] == len(read(json_file)["objects"])
    assert told["relations"] == sum(len(one["relationships"]) for one in read(json_file)["events"])


@pytest.mark.parametrize("form", ["json_file", "sqlite_file"])
def test_nothing_typed_or_sealed_and_no_persons_id_leaves(
    exported: Exported, form: str, request: pytest.FixtureRequest
) -> None:
    content = request.getfixturevalue(form)[0].read_bytes()
    words = [*exported.canaries.words, *OFFICERS, "sealed:", "canary", "=机密"]
    assert len(exported.canaries.words) > 250
    assert [word for word in words if word.encode() in content] == []
    assert "示例社区".encode() in content, "a community's name is the one text that leaves"


def test_a_case_as_it_leaves(json_file: Told) -> None:
    log = read(json_file)
    (case,) = [one for one in log["objects"] if one["id"] == f"case/{CASE}"]
    initial = {a["name"]: a["value"] for a in case["attributes"] if a["time"] == "1970-01-01T00:00:00Z"}
    assert initial == {
        "status": "reported", "kind": "dispute", "dispute_type": "neighbours", "source": "sweep", "basis": "act",
        "grid": "1网格",
    }  # fmt: skip
    changes = [(a["time"][:10], a["name"], a["value"]) for a in case["attributes"] if a["time"][:4] != "1970"]
    assert changes == [
        ("2015-06-19", "due_on", "2015-07-18"), ("2015-06-19", "status", "accepted"),
        ("2015-06-22", "dispute_type", "housing"), ("2015-06-23", "status", "resolved"),
        ("2015-06-24", "status", "closed"),
    ]  # fmt: skip
    assert {"objectId": f"community/{COMMUNITY}", "qualifier": "reported in"} in case["relationships"]
    told = [one for one in log["events"] if {"objectId": case["id"], "qualifier": "subject"} in one["relationships"]]
    assert [one["type"] for one in told] == [
        "case-reported", "case-accepted", "handler-assigned", "mediation-held", "case-reclassified", "case-resolved",
        "case-closed",
    ]  # fmt: skip
    assert told[0]["time"] == "2015-06-18T09:30:00.000000+08:00"
    at = {one["name"]: one["value"] for one in told[0]["attributes"]}
    assert (at["role"], at["recorded_at"]) == ("clerk", "2015-09-01T11:04:05.678901+08:00")
    assert told[0]["id"] == f"{LOG}/{at['position']}"


def test_moments_of_any_offset_are_told_in_one(json_file: Told) -> None:
    moments = re.findall(rb'"(\d{4}-\d\d-\d\dT[^"]*)"', json_file[0].read_bytes())
    assert {moment[19:] for moment in moments if not moment.startswith(b"1970")} >= {b".000000+08:00"}
    assert all(re.fullmatch(rb"\.\d{6}\+08:00", moment[19:]) for moment in moments if moment[:4] != b"1970")
    accepted = next(one for one in read(json_file)["events"] if one["type"] == "case-accepted")
    reported = next(one["value"] for one in accepted["attributes"] if one["name"] == "reported_at")
    assert reported == "2015-06-19T10:00:00.000000+08:00", "22:30 at -03:30"


def test_why_somebody_left_and_what_residents_think_of_an_officer_stay(json_file: Told) -> None:
    log = read(json_file)

    def attributes(type: str) -> set[str]:
        return {a["name"] for one in log["events"] if one["type"] == type for a in one["attributes"]}

    def related(type: str) -> set[str]:
        return {
            other["objectId"].partition("/")[0]
            for one in log["events"] if one["type"] == type for other in one["relationships"]
        }  # fmt: skip

    assert "reason" not in attributes("posting-ended")
    assert "left_because" not in attributes("helper-released")
    assert related("public-review-recorded") == {"supervision", "community", "meeting"}
    assert related("posting-ended") == {"community", "officer", "case"}


def test_an_export_says_from_which_record_it_is(json_file: Told, exported: Exported) -> None:
    (whole,) = of_type(read(json_file), "sub-district")
    said = {one["name"]: one["value"] for one in whole["attributes"]}
    assert said == {"record_position": str(json_file[1]["position"]), "record_root": json_file[1]["root"]}
    storage = storage_at(exported.data)
    assert storage.root(LOG, json_file[1]["position"] + 1) == said["record_root"]
    storage.close()


# persons ----------------------------------------------------------------------------------------------------------


def persons(told: Told) -> set[str]:
    return {one["id"] for one in read(told)["objects"] if one["type"] in ("officer", "leader")}


def test_persons_are_pseudonyms(json_file: Told) -> None:
    assert len(persons(json_file)) >= len(OFFICERS)
    assert all(re.fullmatch("(officer|leader)/[a-z2-7]{16}", one) for one in persons(json_file))


def test_they_are_the_same_in_every_export_but_where_they_are_to_be_fresh(exported: Exported, json_file: Told) -> None:
    again = exported.to("ocel", "again.json")
    assert again[0].read_bytes() == json_file[0].read_bytes()
    assert again[1]["sha256"] == json_file[1]["sha256"]
    fresh = [exported.to("ocel", f"fresh-{n}.json", "--fresh-pseudonyms") for n in (1, 2)]
    sets = [persons(json_file), *(persons(one) for one in fresh)]
    assert all(len(one) == len(sets[0]) for one in sets)
    assert not sets[0] & sets[1]
    assert not sets[1] & sets[2]


def test_another_installation_and_another_log_have_others(json_file: Told, tmp_path: Path) -> None:
    storage = storage_at(tmp_path)
    append(storage.log, life())
    told = {Pseudonyms.of(storage, LOG, fresh=False)(officer) for officer in OFFICERS}
    assert not {f"officer/{one}" for one in told} & persons(json_file)
    assert not told & {Pseudonyms.of(storage, "410105011", fresh=False)(officer) for officer in OFFICERS}
    storage.close()


# where and how far ------------------------------------------------------------------------------------------------


def test_as_the_record_stood(exported: Exported, json_file: Told) -> None:
    at = json_file[1]["position"] - 3
    told = exported.to("ocel", "earlier.json", "--position", at)
    assert told[1]["position"] == at
    whole = read(json_file)["events"]
    assert read(told)["events"] == whole[: len(read(told)["events"])] == whole[:-3]
    (case,) = [one for one in read(told)["objects"] if one["id"] == f"case/{CASE}"]
    assert [a["value"] for a in case["attributes"] if a["name"] == "status"] == ["reported", "accepted"]


def test_the_same_from_every_database(postgres_url: str, tmp_path: Path) -> None:
    files = []
    for number, url in enumerate((None, postgres_url)):
        storage = storage_at(tmp_path / f"data-{number}", database_url=url)
        append(storage.log, proposals(Canaries()))
        told = extent(storage, LOG, storage.log.size(LOG), None)
        with OcelJson(tmp_path / f"{number}.json") as out:
            tell(storage, told, Pseudonyms(b"k" * 32, LOG), out, lambda done: None)
        storage.close()
        files.append((tmp_path / f"{number}.json").read_bytes())
    assert files[0] == files[1]
    assert f'"{LOG}/{told.position}"'.encode() in files[0]
