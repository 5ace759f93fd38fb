#!/usr/bin/env python3
"""Recompute the published scores of a sanguan bundle from its events, and name the first thing that is wrong.

    python3 rescore.py BUNDLE            # 0: every score is as published; 1: something is wrong; 2: it cannot be read
    python3 rescore.py BUNDLE --json     # the same, as one JSON object

Needs Python 3.9 or later and nothing else. It shares no code with the program that published the scores: it is written
from docs/rulebook.md, in SQL where rows are gathered and in Python where they are counted. For each publication it
loads the events up to the position that its scores name, gathers the evidence that the plan and the rulebook ask for
(the versions that the scores name, out of the events themselves), and compares every number.

That the events are those that were signed is the business of verify.py; both together say that the scores follow from
the record, as far as the bundle goes. What is not checked is told at the end of a run. Read from the top: what a bundle
holds, which events publish something, the evidence, what a rulebook asks of it, a score, the comparing.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import re
import sqlite3
import sys
import zipfile
import zlib
from array import array
from calendar import monthrange
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import IO, Any, NamedTuple

SQL: dict[str, str] = {}  # put in when the script is put together: the statements by name

OLDEST_SQLITE = (3, 32, 0)
LONGEST_EVENT = 1 << 25
LONGEST_DOCUMENT = 1 << 26
LARGEST_INTEGER = (1 << 53) - 1
HOUR = 3600.0
"""Scores are decided on all that the log holds when they are asked for. Only what comes while they are worked out may
be missing, which takes minutes: what was recorded longer before a score was left out on purpose."""

Document = Mapping[str, Any]


class Unusable(Exception):
    """The bundle cannot be read, or cannot be rescored: in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")


class Wrong(Exception):
    """Something that is not as it must be: in Chinese and English."""

    def __init__(self, zh: str, en: str, position: int | None = None, **names: Any) -> None:
        super().__init__(f"{zh} {en}")
        self.zh, self.en, self.position = zh, en, position
        self.names = names
        """What is wrong, for programs: score, institution, indicator, number, published, recomputed; or file."""

    def as_json(self) -> dict[str, Any]:
        return {"position": self.position, "reason": self.en, "reason_zh": self.zh, **self.names}


# the bundle -----------------------------------------------------------------------------------------------------------


def parsed(data: bytes) -> Any:
    """JSON as the record writes it: no key twice, and no number that programs read differently. Raises `ValueError`."""
    return json.loads(data, object_pairs_hook=_once, parse_int=_whole, parse_float=_none, parse_constant=_none)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _whole(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > LARGEST_INTEGER:
        raise ValueError("a number is larger than any can be")
    return int(text)


def _none(text: str) -> Any:
    raise ValueError(f"{text} is no whole number")


DAMAGED = (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged file brings about."""


class Bundle:
    """What `sanguan audit bundle` writes, as a zip, or as the directory that it was unpacked to. Here nothing is
    unpacked."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._zip = None if os.path.isdir(path) else self._opened()
        names = self._listed() if self._zip is None else self._zip.namelist()
        self.names = set(names)
        if len(names) > len(self.names):
            twice = min(name for name in self.names if names.count(name) > 1)
            raise Unusable(f"{path} 中有两个 {twice}。", f"{path} holds {twice} twice.")
        self.manifest = self._manifest()

    def close(self) -> None:
        if self._zip is not None:
            self._zip.close()

    def _opened(self) -> zipfile.ZipFile:
        if not os.path.isfile(self._path):
            raise Unusable(f"{self._path} 不是文件。", f"{self._path} is no file.")
        try:
            opened = zipfile.ZipFile(self._path)
        except (ValueError, *DAMAGED) as error:
            raise Unusable(f"{self._path} 不是核验包。", f"{self._path} is no bundle: {error}") from None
        for one in opened.infolist():
            if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # which unpack a page at a time
                raise Unusable(f"{one.filename} 的压缩方式不可用。", f"{one.filename} is packed as in no bundle.")
        return opened

    def _listed(self) -> list[str]:
        paths = [os.path.join(folder, name) for folder, _, names in os.walk(self._path) for name in names]
        names = [os.path.relpath(path, self._path).replace(os.sep, "/") for path in paths]
        for path, name in zip(paths, names):  # noqa: B905  # as long as each other
            if not os.path.isfile(path):
                raise Unusable(f"{name} 不是文件。", f"{name} is no file.")
        return names

    def _open(self, name: str) -> IO[bytes]:
        """A file of it. Raises `Unusable` where there is none."""
        if name not in self.names:
            raise Unusable(f"核验包缺少 {name}。", f"The bundle has no {name}.")
        if self._zip is None:
            return open(os.path.join(self._path, *name.split("/")), "rb")
        return self._zip.open(name)

    def _manifest(self) -> Document:
        try:
            manifest = self.document("manifest.json")
        except Wrong as error:
            raise Unusable(error.zh, error.en) from None
        if not isinstance(manifest, dict) or manifest.get("format") != "sanguan-bundle/1":
            raise Unusable(
                "manifest.json 不是第1版核验包的清单。", "manifest.json is not that of a bundle in format 1."
            )
        first, last = manifest.get("from"), manifest.get("to")
        if type(first) is not int or type(last) is not int or not isinstance(manifest.get("log"), str):
            raise Unusable(
                "manifest.json 未说明日志和起止位置。", "manifest.json does not say which events of which log."
            )
        if first != 0:
            raise Unusable(
                f"核验包从第 {first} 号事件开始：得分以此前全部记录为依据，只有从第 0 号开始的核验包才能复算。",
                f"The bundle begins at position {first}: scores rest on all that was recorded before, so that only a "
                "bundle from position 0 can be rescored.",
            )
        return manifest

    def document(self, name: str) -> Any:
        """A JSON file of the bundle."""
        try:
            with self._open(name) as file:
                data = file.read(LONGEST_DOCUMENT + 1)
        except DAMAGED as error:
            raise Unusable(f"{name} 已损坏。", f"{name} is damaged: {error}") from None
        if len(data) > LONGEST_DOCUMENT:
            raise Unusable(f"{name} 过大。", f"{name} is larger than any such file can be.")
        try:
            return parsed(data)
        except (ValueError, RecursionError) as error:
            raise Wrong(f"{name} 不是JSON。", f"{name} holds no JSON of the record's: {error}", file=name) from None

    def events(self) -> Generator[tuple[int, bytes], None, None]:
        """Each event's position and bytes."""
        position = 0
        try:
            with self._open("events.ndjson") as file:
                while line := file.readline(LONGEST_EVENT + 1):
                    if len(line) > LONGEST_EVENT:
                        en = f"position {position}: longer than any event can be"
                        raise Wrong(f"第 {position} 号事件过长。", en, position)
                    yield position, line[:-1] if line.endswith(b"\n") else line
                    position += 1
        except DAMAGED as error:
            raise Unusable("events.ndjson 已损坏。", f"events.ndjson is damaged: {error}") from None


# which events publish something ---------------------------------------------------------------------------------------


class Published(NamedTuple):
    """An event that publishes, or restates, one institution's score."""

    position: int
    stream: str
    command: str
    """What was asked: all institutions of a publication at once."""
    restated: bool
    data: Document

    @property
    def score(self) -> Document:
        return self.data["score"]  # type: ignore[no-any-return]  # an object of JSON

    @property
    def publication(self) -> str:
        return self.stream.partition("/")[2]


class Adopted(NamedTuple):
    """A version of a plan or a rulebook, and where it was put in force."""

    position: int
    document: Document


@dataclass
class Survey:
    """What the first reading of the events found."""

    log: str
    recorded: array[float] = field(default_factory=lambda: array("d"))
    """Each event's moment, in seconds."""
    published: list[Published] = field(default_factory=list)
    plans: dict[tuple[str, int], Adopted] = field(default_factory=dict)
    rulebooks: dict[tuple[str, int], Adopted] = field(default_factory=dict)
    amendments: dict[int, Document] = field(default_factory=dict)
    """The calendar's, by position."""
    versions: dict[str, int] = field(default_factory=dict)
    """Each stream's last."""

    @property
    def size(self) -> int:
        return len(self.recorded)


KNOWN = {
    f"sanguan.{owner}.{kind}.v1"
    for owner, kinds in {
        "assessment": """
            appeal-decided appeal-heard archive-entry-added archive-filed archive-reply-recorded circular-issued
            commendation-awarded community-plan-filed flag-answered funds-allocated inspection-conducted
            leading-group-constituted model-case-recommended plan-adopted plan-amended portfolio-assigned
            public-review-recorded rectification-completed rectification-ordered rulebook-adopted score-appealed
            score-published score-restated summary-submitted supervision-voided survey-concluded
            youth-offence-rate-reported
        """,
        "assignment": """
            agreement-reached coached-case-completed community-corrected community-registered community-voided
            community-work-retracted conflict-declared consent-recorded consent-withdrawn contact-cards-issued
            enterprise-security-established handler-assigned handler-replaced handling-ended handling-opened
            handling-resumed handover-completed handover-opened helper-enrolled helper-released issue-settled
            judicial-confirmation-offered judicial-confirmation-recorded leader-appointed leader-relieved
            leader-visit-completed leave-ended leave-recorded legal-advice-given legal-aid-granted mediation-held
            mediation-terminated meeting-convened meeting-voided minutes-submitted notice-posted notice-revised
            officer-corrected officer-enrolled officer-posted officer-voided outreach-held patrol-completed
            patrol-team-formed performance-checked posting-end-retracted posting-ended posting-voided
            procedure-adopted responsibility-letter-signed safe-unit-designated studio-closed studio-opened
            support-provided synthetic-declared training-held visit-completed visit-declined visit-planned
            visit-times-set work-retracted work-voided working-body-formed
        """,
        "intake": """
            calendar-amended case-accepted case-closed case-corrected case-declined case-escalated case-followed-up
            case-handed-down case-linked-as-duplicate case-reclassified case-referred case-reopened case-reported
            case-resolved case-step-retracted case-terminated case-voided case-withdrawn clock-paused clock-resumed
            deadline-extended finding-voided hazard-cleared hazard-found key-area-listed key-area-reinspected
            major-fire-reported opinion-answered opinion-recorded venue-inspected
        """,
        "privacy": """
            erasure-approved erasure-held erasure-hold-released erasure-proposed erasure-refused glass-broken
            glass-reviewed person-request-answered person-request-received personal-data-erased restriction-lifted
            restriction-placed unmasking-asked unmasking-ended unmasking-granted unmasking-refused
        """,
        "record": "access-anchored",
    }.items()
    for kind in kinds.split()
}
"""All that a record tells: what is beyond them may bear on scores, and only a newer script knows how."""

ASSESSMENT = "sanguan.assessment."


def surveyed(bundle: Bundle, progress: Callable[[str, int], None]) -> Survey:
    """Read all events once: none may be missing, and those that others rest on are kept."""
    survey, last = Survey(bundle.manifest["log"]), bundle.manifest["to"]
    with closing(bundle.events()) as events:
        for position, data in events:
            _survey(survey, position, _event(position, data))
            if survey.size % 1000 == 0:
                progress("reading events", survey.size)
    if survey.size != last + 1:
        en = f"the manifest says {last + 1} events, from position 0 to {last}; {survey.size} are there"
        raise Wrong(f"清单称有 {last + 1} 个事件，实有 {survey.size} 个。", en, min(survey.size, last + 1))
    return survey


def _survey(survey: Survey, position: int, event: Document) -> None:
    if event["log"] != survey.log:
        other = event["log"]
        en = f"position {position}: an event of log {other}, not of {survey.log}"
        raise Wrong(f"第 {position} 号事件属于日志 {other}，不属于 {survey.log}。", en, position)
    if event["type"] not in KNOWN:
        en = f"Position {position}: this script does not know {event['type']}: take a newer one."
        raise Unusable(f"第 {position} 号事件：本脚本不认识 {event['type']}，请用更新的脚本。", en)
    _dense(survey, position, event)
    _follows(survey, position, event)
    _keep(survey, position, event)


def _event(position: int, data: bytes) -> Document:
    try:
        event = parsed(data)
        named = all(isinstance(event[name], str) for name in ("log", "stream", "type", "command_id", "recorded_at"))
        if named and type(event["version"]) is int and isinstance(event["data"], dict):
            return event  # type: ignore[no-any-return]  # a dictionary that was looked at
    except (ValueError, RecursionError, KeyError, TypeError):
        pass
    raise Wrong(f"第 {position} 号不是事件。", f"position {position}: no event", position)


def _dense(survey: Survey, position: int, event: Document) -> None:
    """The versions of a stream count up from 1."""
    stream, version = event["stream"], event["version"]
    expected = survey.versions.get(stream, 0) + 1
    if version != expected:
        zh, en = (
            ("此前有事件缺失", "an event before it is missing")
            if version > expected
            else ("重复或次序有误", "out of order")
        )
        raise Wrong(
            f"第 {position} 号事件是 {stream} 的第 {version} 版，此处应为第 {expected} 版：{zh}。",
            f"position {position}: version {version} of {stream}, where {expected} must follow: {en}", position,
        )  # fmt: skip
    survey.versions[stream] = version


def _follows(survey: Survey, position: int, event: Document) -> None:
    """No event was recorded before those that stand before it."""
    try:
        recorded = moment(event["recorded_at"]).timestamp()
    except (ValueError, OverflowError):
        raise Wrong(f"第 {position} 号不是事件。", f"position {position}: no event", position) from None
    if survey.recorded and recorded < survey.recorded[-1]:
        en = f"position {position}: recorded earlier than position {position - 1}"
        raise Wrong(f"第 {position} 号事件的记录时间早于前一事件。", en, position)
    survey.recorded.append(recorded)


def _keep(survey: Survey, position: int, event: Document) -> None:
    kind, data = event["type"], event["data"]
    if kind == "sanguan.intake.calendar-amended.v1":
        survey.amendments[position] = data
    if not kind.startswith(ASSESSMENT):
        return
    try:
        if kind in (f"{ASSESSMENT}plan-adopted.v1", f"{ASSESSMENT}plan-amended.v1"):
            kept, document = survey.plans, data["plan"]
        elif kind == f"{ASSESSMENT}rulebook-adopted.v1":
            kept, document = survey.rulebooks, data["rulebook"]
        else:
            if kind in (f"{ASSESSMENT}score-published.v1", f"{ASSESSMENT}score-restated.v1"):
                how = event["stream"], event["command_id"], kind == f"{ASSESSMENT}score-restated.v1"
                survey.published.append(Published(position, *how, data))
            return
        (check_plan if kept is survey.plans else check_rulebook)(document)
        if kept.setdefault((document["code"], data["version"]), Adopted(position, document)).position != position:
            code, version = document["code"], data["version"]
            en = f"position {position}: version {version} of {code} a second time"
            raise Wrong(f"第 {position} 号事件：{code} 第 {version} 版重复。", en, position)
    except (KeyError, TypeError, ValueError) as error:
        en = f"position {position}: no {kind}: {error if isinstance(error, ValueError) else 'something is missing'}"
        raise Wrong(f"第 {position} 号不是 {kind}。", en, position) from None


# what a plan and a rulebook may say: no number is so large that counting by it would never end

DAY_WRITTEN = re.compile(r"(19[5-9]|194(?=9)|20[0-9]|21[0-9])[0-9]-[0-9]{2}-[0-9]{2}")
DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
MOST = 500  # of any list
MOST_INDICATORS = 100


def check_plan(plan: Document) -> None:
    """Raises `ValueError`, or what reading something else brings about."""
    days = [plan["issued_on"], *(one[name] for one in plan["phases"] for name in ("from_day", "to_day"))]
    for day in (*days, *(plan[name] for name in ("since", "until") if plan[name] is not None)):
        if not DAY_WRITTEN.fullmatch(day):
            raise ValueError(f"{_short(day)} is no day of a plan")
    _within("posting_months", plan["posting_months"], 1, 600)
    for name in ("phases", "duties", "cadences", "rounds", "terms", "publishing"):
        _within(f"the number of {name}", len(plan[name]), 0, MOST)
    for term in plan["terms"]:
        _within("a term's days", term["days"] if term["working_days"] is None else term["working_days"], 1, 3_660)
    for one in plan["publishing"]:
        _within("after_days", one["after_days"], 0, 3_660)


def check_rulebook(rulebook: Document) -> None:
    """Raises `ValueError`, or what reading something else brings about."""
    _within("grace_days", rulebook["grace_days"], 0, 366)
    _within("the number of indicators", len(rulebook["indicators"]), 1, MOST_INDICATORS)
    for rule in rulebook["indicators"]:
        _within("minimum", rule["minimum"], 0, LARGEST_INTEGER)
        for number in (rule["weight"], *(() if rule["target"] is None else (rule["target"],))):
            if not DECIMAL.fullmatch(number):
                raise ValueError(f"{_short(number)} is no decimal of a rulebook")
        _within("the number of exclusions", len(rule["exclusions"]), 0, MOST)
        for one in (rule["numerator"], *rule["exclusions"], *(() if (of := rule["denominator"]) is None else (of,))):
            for some in (one["where"], *(condition["values"] for condition in one["where"])):
                _within("the number of conditions", len(some), 0, MOST)


def _within(name: str, number: Any, least: int, most: int) -> None:
    if type(number) is not int or not least <= number <= most:
        raise ValueError(f"{name} is {_short(number)}, which is no number from {least} to {most}")


# the files beside the events ------------------------------------------------------------------------------------------


def check_files(bundle: Bundle, survey: Survey) -> None:
    """The plans, rulebooks, calendars and scores that lie beside the events say what the events say."""
    expected: dict[str, tuple[int, Any]] = {}
    for folder, kept in (("plans", survey.plans), ("rulebooks", survey.rulebooks)):
        expected.update(
            {f"{folder}/{_begun(code)}-v{n}.json": (one.position, one.document) for (code, n), one in kept.items()}
        )
    expected.update({f"calendars/amended-{at}.json": (at, data) for at, data in survey.amendments.items()})
    expected.update({f"scores/{one.position}.json": (one.position, one.data) for one in survey.published})
    beside = {name for name in bundle.names if name.split("/")[0] in ("plans", "rulebooks", "calendars", "scores")}
    beside = {name for name in beside if not name.endswith("/")} - {STATE_COUNCIL}
    for name in sorted(beside | set(expected), key=lambda name: (expected.get(name, (-1, None))[0], name)):
        if name not in expected:
            raise Wrong(f"没有事件说明 {name}。", f"{name}: no event says any such thing", file=name)
        position, told = expected[name]
        if name not in beside:
            en = f"{name} is missing; position {position} tells of it"
            raise Wrong(f"缺少 {name}（第 {position} 号事件）。", en, position, file=name)
        for at in different(told, bundle.document(name)):
            en = f"{name} is not what position {position} says: {at}"
            raise Wrong(f"{name} 与第 {position} 号事件不符。", en, position, file=name)


def _begun(code: str) -> str:
    """A code, as a file's name begins with it."""
    return code if code[:1].isalnum() else f"_{code}"


def different(told: Any, found: Any, where: str = "") -> Iterator[str]:
    """Where two documents differ."""
    if isinstance(told, dict) and isinstance(found, dict):
        for key in sorted({*told, *found}):
            yield from different(
                told.get(key, "nothing"), found.get(key, "nothing"), f"{where}.{key}" if where else key
            )
    elif isinstance(told, list) and isinstance(found, list) and len(told) == len(found):
        for number, (one, other) in enumerate(zip(told, found)):  # noqa: B905  # as long as each other
            yield from different(one, other, f"{where}[{number}]")
    elif told != found or type(told) is not type(found):
        yield f"{where} is {_short(found)} there, {_short(told)} in the event"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


# the calendar ---------------------------------------------------------------------------------------------------------

STATE_COUNCIL = "calendars/state-council.json"


class Notice(NamedTuple):
    """That a day is off, or worked, as it was announced."""

    day: str
    works: bool
    announced_on: str
    of_year: int | None
    """The year whose whole calendar it was; none for a change within a year."""


def notices(document: Any) -> list[Notice]:
    """What the State Council announced, by the file in the bundle."""
    try:
        return [
            Notice(_day(day), works, _day(one["announced_on"]), one["of_year"])
            for one in document
            for works, name in ((False, "off"), (True, "worked"))
            for day in one[name]
        ]
    except (KeyError, TypeError, ValueError):
        raise Unusable(f"{STATE_COUNCIL} 不是通知清单。", f"{STATE_COUNCIL} does not list any notices.") from None


def _day(said: str) -> str:
    return date.fromisoformat(said).isoformat()


def _unusual(told: Iterable[Notice]) -> set[tuple[str, bool, str]]:
    """What of them is not as a week has it, or once was not."""
    rows = list(told)
    odd = {one.day for one in rows if one.works != (date.fromisoformat(one.day).weekday() < 5)}
    return {one[:3] for one in rows if one.day in odd}


# the evidence ---------------------------------------------------------------------------------------------------------

DAY, WORD, WHOLE, TRUTH = "day", "word", "whole", "truth"
TABLES: Mapping[str, Mapping[str, str]] = {
    "communities": {
        "registered_on": DAY, "households": WHOLE, "studio": DAY, "judge": DAY, "prosecutor": DAY, "police": DAY,
        "lawyer": DAY,
    },
    "postings": {
        "profession": WORD, "from_day": DAY, "in_force_until": DAY, "ended_on": DAY, "ended_early": TRUTH,
        "reason": WORD,
    },
    "cards": {"issued_on": DAY, "households": WHOLE},
    "visits": {"must": TRUTH, "due_on": DAY, "done_on": DAY, "result": WORD},
    "cases": {
        "grid": WORD, "kind": WORD, "reported_on": DAY, "accepted_on": DAY, "handed_down_on": DAY, "ended": WORD,
        "ended_on": DAY, "tier": WORD, "kept_since": DAY, "unstable_on": DAY, "letter_on": DAY,
        "contact_missed_on": DAY, "letter_owed": TRUTH, "over_on_paper": TRUTH, "settled_in_time": TRUTH,
        "settle_by": DAY, "settled_entered_on": DAY,
    },
    "voids": {"reported_on": DAY, "voided_on": DAY, "ended": WORD},
    "deeds": {
        "work": WORD, "detail": WORD, "grid": WORD, "begun_on": DAY, "due_on": DAY, "done_on": DAY, "entered_on": DAY,
        "told_from": DAY, "told_to": DAY, "whole": TRUTH, "count": WHOLE, "of": WHOLE,
    },
    "duties": {
        "what": WORD, "about": WORD, "begins_on": DAY, "due_on": DAY, "turn_ends_on": DAY, "done_on": DAY,
        "entered_on": DAY, "belongs_on": DAY, "decided_on": DAY, "state": WORD, "days": WHOLE, "vacant_days": WHOLE,
        "settled_in_time": TRUTH, "settle_by": DAY, "settled_entered_on": DAY, "planned_in_time": TRUTH,
    },
}  # fmt: skip
"""The tables of evidence with their fields, as docs/rulebook.md defines them. The statements make them."""


class Stretch(NamedTuple):
    """A period: its kind, its name, its first and last day."""

    kind: str
    called: str
    from_day: str
    to_day: str

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.called}"


class Record:
    """The events up to a position, in a database of their own, and what a plan and a rulebook make of them."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")  # where it grows, it goes into a file that nobody else sees
        self._db.isolation_level = None
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._run("record", "views", "state_council")

    def announce(self, given: Sequence[Notice]) -> None:
        """Put the State Council's notices in; those of the years that the script knows by itself must be the same."""
        known = [
            Notice(day, bool(works), *more) for day, works, *more in self._db.execute("SELECT * FROM state_council")
        ]
        years = {one.day[:4] for one in known}
        there, further = (
            [one for one in given if one.day[:4] in years],
            [one for one in given if one.day[:4] not in years],
        )
        for day, works, announced_on in sorted(_unusual(known) ^ _unusual(there)):
            zh, en = f"{day} {'上班' if works else '放假'}", f"that {day} is {'worked' if works else 'off'}"
            raise Wrong(
                f"{STATE_COUNCIL} 与本脚本所知不符：{zh}（{announced_on} 公布）。",
                f"{STATE_COUNCIL}: {en}, announced on {announced_on}, is not in both lists, its own and the script's",
                file=STATE_COUNCIL,
            )  # fmt: skip
        self._db.executemany("INSERT INTO state_council VALUES (?, ?, ?, ?)", further)

    def close(self) -> None:
        self._db.close()

    def _run(self, *names: str) -> None:
        for name in names:
            self._db.executescript(SQL[name])

    def load(self, events: Iterable[tuple[int, Document]]) -> None:
        """Further events, in the order of their positions."""
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_row, events))
        self._db.execute("COMMIT")
        self._run("never")

    def scores(
        self, plan: Document, rulebook: Document, periods: Sequence[Stretch], as_of: str
    ) -> dict[tuple[str, str], Total]:
        """What every institution comes to, by the period's name and the institution's code ('' = the sub-district)."""
        self.ask(plan, periods, as_of)
        begun = as_of >= plan["issued_on"]
        rules = {one["code"]: one for one in rulebook["indicators"]}
        self._put(
            "indicator",
            [(code, _evidence(one), one["subject"] == "community", _capped(one)) for code, one in rules.items()],
        )
        self._put("member", [])
        if begun:
            for rule in rules.values():
                self._measure(rule, rulebook["grace_days"], as_of)
        self._run("sorted")
        kinds = {period.name: period.kind for period in periods}
        found: dict[tuple[str, str], dict[str, Found]] = {}
        for period, subject, code, *numbers in self._db.execute(SQL["totals"]):
            if not rules[code]["periods"] or kinds[period] in rules[code]["periods"]:
                found.setdefault((period, subject), {})[code] = _found(rules[code], begun, *numbers)
        return {
            (period, subject): Total(subject == "", [results[code] for code in rules if code in results])
            for (period, subject), results in found.items()
        }

    def ask(self, plan: Document, periods: Sequence[Stretch], as_of: str) -> None:
        """Make the tables of evidence as they stood at the end of a day."""
        first, last = days_of(plan)
        self._put("asked", [(as_of, plan["issued_on"], first, last, plan["posting_months"], json.dumps(plan))])
        self._put("period", [(one.name, *one, min(one.to_day, as_of)) for one in periods])
        self._run("calendar", "communities", "cases", "entries", "due", "evidence")

    def _put(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        rows = list(rows)
        self._db.execute(f"DELETE FROM {table}")  # noqa: S608  # named above
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608

    def _measure(self, rule: Document, grace_days: int, as_of: str) -> None:
        self._db.execute("BEGIN")
        for statement in statements(rule, Asking(grace_days, as_of)):
            self._db.execute(statement)
        self._db.execute("COMMIT")


def _row(one: tuple[int, Document]) -> tuple[Any, ...]:
    """An event as the statements know it: sanguan.intake.case-reported.v1 is case-reported."""
    position, event = one
    stream, kind = event["stream"], event["type"].split(".")[2]
    category, _, id = stream.partition("/")
    days = civil_day(event["occurred_at"]), civil_day(event["recorded_at"])
    return position, stream, category, id, event["version"], kind, *days, json.dumps(event["data"], ensure_ascii=False)


MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))")


def civil_day(said: str) -> str:
    """The day of the civil calendar in China (UTC+8) in which a moment lies."""
    return said[:10] if said.endswith("+08:00") else (moment(said) + timedelta(hours=8)).date().isoformat()


def moment(said: str) -> datetime:
    """The moment, in UTC."""
    read = MOMENT.fullmatch(said)
    if read is None:
        raise ValueError(f"{said} is no moment")
    behind = timedelta(hours=int(read[4] or 0), minutes=int(read[5] or 0)) * (-1 if read[3] == "-" else 1)
    parts = timedelta(microseconds=int((read[2] or "")[:6].ljust(6, "0")))
    return datetime.fromisoformat(f"{read[1]}+00:00") + parts - behind


def days_of(plan: Document) -> tuple[str, str | None]:
    """A standing plan says its days, a campaign's are those of its phases."""
    if plan["since"] is not None:
        return plan["since"], plan["until"]
    return min(one["from_day"] for one in plan["phases"]), max(one["to_day"] for one in plan["phases"])


def period_of(kind: str, called: str, plan: Document) -> Stretch:
    """The days for which a period's name stands."""
    if kind == "phase":
        return next(
            Stretch(kind, called, one["from_day"], one["to_day"]) for one in plan["phases"] if one["code"] == called
        )
    if kind == "dates":
        return Stretch(kind, called, *called.split("_"))
    year, months = int(called[:4]), {"month": 1, "quarter": 3, "year": 12}[kind]
    first = {"month": called[5:], "quarter": called[6:] and int(called[6:]) * 3 - 2, "year": 1}[kind]
    last = int(first) + months - 1
    return Stretch(kind, called, f"{year}-{int(first):02}-01", f"{year}-{last:02}-{monthrange(year, last)[1]}")


# what a rulebook asks -------------------------------------------------------------------------------------------------


class Asking(NamedTuple):
    """What a condition may relate a day to, beside the period."""

    grace_days: int
    as_of: str


def statements(rule: Document, asking: Asking) -> Iterator[str]:
    """The statements that put an indicator's members in: those of its denominator, each with whether it counts in the
    numerator, or those of the numerator's own table."""
    of, counted = rule["denominator"], rule["numerator"]
    same = of is not None and of["table"] == counted["table"]
    if of is not None:
        table, where = of["table"], of["where"]
        waits = f"NOT ({_all([one for one in where if one['op'] == 'passed'], table, asking)})"
        met = f"iif({_all(counted['where'], table, asking)}, {_adds(counted)}, 0)" if same else "0"
        reasons = [f"WHEN {_all(one['where'], table, asking)} THEN {_text(one['code'])}" for one in rule["exclusions"]]
        reason = f"CASE {' '.join(reasons)} END" if reasons else "NULL"
        timeless = _all([one for one in where if one["op"] != "passed"], table, asking)
        yield _put_in(rule, table, (_adds(of), met, reason, waits, "taken_over", "1"), timeless)
    if not same:
        where = _all(counted["where"], counted["table"], asking)
        yield _put_in(rule, counted["table"], ("0", _adds(counted), "NULL", "0", "0", "0"), where)


def _put_in(rule: Document, table: str, values: Sequence[str], where: str) -> str:
    """`values`: what a row adds to denominator and numerator, why it is left out, whether it waits for its day, whether
    it was taken over from paper, and whether it is of the denominator."""
    if table not in TABLES:
        raise ValueError(f"there is no table {table}")
    columns = ", ".join((_text(rule["code"]), "evidence.period", "community", "member", *values))
    joined = f"{table} AS evidence JOIN period ON period.name = evidence.period"
    return f"INSERT INTO member SELECT {columns} FROM {joined} WHERE {where}"  # noqa: S608  # quoted, or closed lists


def _adds(measure: Document) -> str:
    """How much a row adds: rows are counted, or a field of theirs is added up."""
    return "1" if measure["adds"] is None else f"coalesce({_column(measure['adds'], measure['table'])}, 0)"


def _all(conditions: Sequence[Document], table: str, asking: Asking) -> str:
    return " AND ".join(_holds(one, table, asking) for one in conditions) or "1"


def _holds(condition: Document, table: str, asking: Asking) -> str:
    """One condition. A field that is not known meets only `absent` and `is_not`."""
    name, op, values = condition["field"], condition["op"], condition["values"]
    column = _column(name, table)
    if op in ("present", "absent"):
        return f"{column} IS {'NOT ' if op == 'present' else ''}NULL"
    if op in ("is", "is_not"):
        kind = TABLES[table][name]
        shown = f"iif({column}, 'true', 'false')" if kind == TRUTH else f"CAST({column} AS TEXT)"
        among = f"{shown} IN ({', '.join(map(_text, values))})"
        return f"({column} IS NOT NULL AND {among})" if op == "is" else f"({column} IS NULL OR NOT {among})"
    asked = {
        "in_period": lambda: f"{column} BETWEEN period.from_day AND period.to_day",
        "passed": lambda: f"{column} <= {_text(asking.as_of)}",
        "not_after": lambda: f"{column} <= {_column(values[0], table)}",
        "within_grace": lambda: f"{column} <= date({_column(values[0], table)}, '+{int(asking.grace_days)} days')",
        "less_than": lambda: f"{column} < {int(values[0])}",
    }  # fmt: skip
    return f"coalesce({asked[op]()}, 0)"


def _column(name: str, table: str) -> str:
    if name not in TABLES[table]:
        raise ValueError(f"{table} has no field {name}")
    return f'evidence."{name}"'


def _text(value: str) -> str:
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'"


# a score --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What one indicator comes to for one institution."""

    rule: Document
    numerator: int
    denominator: int
    excluded: int
    unadjusted_numerator: int
    unadjusted_denominator: int
    taken_over: int
    standing: str
    share: Fraction | None
    """How much of the target was attained."""

    @property
    def points(self) -> Fraction | None:
        return None if self.share is None else Fraction(self.rule["weight"]) * self.share

    @property
    def enough(self) -> bool:
        """Whether there is enough of it for comparing."""
        return self.denominator >= int(self.rule["minimum"])

    def as_published(self) -> dict[str, Any]:
        """As its score's event writes it."""
        rule = self.rule
        return {
            "code": rule["code"], "clause": rule["clause"], "kind": rule["kind"], "standing": self.standing,
            "numerator": self.numerator, "denominator": self.denominator, "excluded": self.excluded,
            "rate": _rate(self.numerator, self.denominator), "unadjusted_numerator": self.unadjusted_numerator,
            "unadjusted_denominator": self.unadjusted_denominator,
            "unadjusted_rate": _rate(self.unadjusted_numerator, self.unadjusted_denominator),
            "target": rule["target"], "reached": None if self.share is None else self.share == 1,
            "weight": rule["weight"], "points": None if self.points is None else figure(self.points),
            "taken_over": self.taken_over, "enough": self.enough,
        }  # fmt: skip


@dataclass(frozen=True)
class Total:
    """What an institution comes to by all indicators."""

    whole: bool
    indicators: Sequence[Found]

    @property
    def points(self) -> Fraction:
        return sum((one.points for one in self.indicators if one.points is not None), Fraction(0))

    @property
    def possible(self) -> Fraction:
        return sum((Fraction(one.rule["weight"]) for one in self.indicators if one.points is not None), Fraction(0))

    def as_published(self) -> dict[str, Any]:
        """As the score's event writes it."""
        enough = all(one.enough for one in self.indicators)
        return {
            "indicators": [one.as_published() for one in self.indicators],
            "points": figure(self.points), "possible": figure(self.possible),
            "per_cent": rounded(100 * self.points / self.possible) if self.possible else None,
            "rankable": not self.whole and self.possible > 0 and enough,
        }  # fmt: skip


def _evidence(rule: Document) -> str | None:
    """The table of the denominator: of what it holds, something may be left out on appeal."""
    return None if rule["denominator"] is None else rule["denominator"]["table"]


def _capped(rule: Document) -> bool:
    return rule["kind"] != "zero_incident" and rule["denominator"] is not None


def _found(
    rule: Document, begun: bool, numerator: int, denominator: int, excluded: int, all_numerator: int,
    all_denominator: int, taken_over: int, due_later: int,
) -> Found:  # fmt: skip
    counts = rule["denominator"] is None
    measured = begun and (counts or denominator > 0)
    later = not begun or due_later
    return Found(
        rule, numerator, denominator, excluded, all_numerator, all_denominator, taken_over,
        "measured" if measured else "not_yet_due" if later else "nothing",
        _attained(rule, numerator, denominator) if measured else None,
    )  # fmt: skip


def _attained(rule: Document, numerator: int, denominator: int) -> Fraction | None:
    """The share of the target that was attained: all where it was reached."""
    if rule["target"] is None or denominator == 0:
        return None
    rate, target = Fraction(numerator, denominator), Fraction(rule["target"])
    if rule["kind"] == "zero_incident":
        return Fraction(numerator == 0)
    if rule["comparison"] == "below":  # to stay below; whoever does not gets 99 hundredths at most
        return Fraction(1) if rate < target else min(target / rate, Fraction(99, 100))
    return min(rate / target, Fraction(1))


def _rate(numerator: int, denominator: int) -> str | None:
    return rounded(Fraction(numerator, denominator)) if denominator else None


def rounded(number: Fraction) -> str:
    """To four places, half up."""
    whole, rest = divmod(int(number * 10_000 + Fraction(1, 2)), 10_000)
    return f"{whole}.{rest:04}"


def figure(number: Fraction) -> dict[str, str]:
    """Exactly, and to four places."""
    return {"exact": f"{number.numerator}/{number.denominator}", "decimal": rounded(number)}


# comparing ------------------------------------------------------------------------------------------------------------


class Tree:
    """The Merkle tree of RFC 9162 over the events' bytes, as far as they have been read."""

    def __init__(self) -> None:
        self._subtrees: list[tuple[int, bytes]] = []
        """Complete ones, from left to right, each with its number of leaves."""
        self.size = 0

    def add(self, data: bytes) -> None:
        self.size += 1
        size, node = 1, hashlib.sha256(b"\x00" + data).digest()
        while self._subtrees and self._subtrees[-1][0] == size:
            node = hashlib.sha256(b"\x01" + self._subtrees.pop()[1] + node).digest()
            size *= 2
        self._subtrees.append((size, node))

    def root(self) -> str:
        if not self._subtrees:
            return hashlib.sha256(b"").hexdigest()
        node = self._subtrees[-1][1]
        for _, left in reversed(self._subtrees[:-1]):
            node = hashlib.sha256(b"\x01" + left + node).digest()
        return node.hex()


class Asked(NamedTuple):
    """What a publication rests on."""

    position: int
    plan: str
    plan_version: int
    rulebook: str
    rulebook_version: int
    as_of: str


MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration, OverflowError, sqlite3.Error)


class History:
    """What was published of each institution in each publication, one after the other."""

    def __init__(self) -> None:
        self._published: dict[tuple[str, str], list[Published]] = {}

    def add(self, one: Published) -> None:
        """The next. Raises `Wrong` where it is not in its place."""
        score, earlier = one.score, self._published.setdefault((one.stream, one.score["subject"]), [])
        called = f"{score['period']['kind']}-{score['period']['name']}.{score['as_of']}"
        if one.publication != called:
            raise _wrong(one, "stream", one.publication, called)
        if one.restated is not bool(earlier):
            raise _wrong(one, "event", *("published", "restated")[:: -1 if one.restated else 1])
        if not 0 <= score["position"] < one.position:
            raise _wrong(one, "position", score["position"], f"one before {one.position}")
        earlier.append(one)

    def check_restated(self, one: Published) -> None:
        """What was restated is what was published before, and every number that changed is told. Raises `Wrong`."""
        last = self.last(one.stream, one.score["subject"], one.position - 1)
        if last is None:
            return
        for at in different(last.score, one.data["was"]):
            raise Wrong(
                f"{_title_zh(one)}：更正前的数字与第 {last.position} 号事件所公布的不符。",
                f"{_title(one)}: `was` is not what position {last.position} published: {at}", one.position,
                score=one.publication, institution=one.score["subject"],
            )  # fmt: skip
        told = {(each["indicator"], each["number"], each["before"], each["after"]) for each in one.data["changes"]}
        for change in sorted(told ^ set(_changes(last.score, one.score)), key=str):
            indicator, number, *numbers = change
            published, made = (numbers, None) if change in told else (None, numbers)
            raise _wrong(one, f"change of {number}", published, made, indicator)

    def last(self, stream: str, subject: str, by: int) -> Published | None:
        """What was published last of an institution by a position."""
        known = [one for one in self._published.get((stream, subject), ()) if one.position <= by]
        return known[-1] if known else None


def _changes(was: Document, now: Document) -> Iterator[tuple[str | None, str, str, str]]:
    """Every number of a score that became another: by indicator (None: the sum), before and after."""
    earlier, later = ({each["code"]: each for each in one["indicators"]} for one in (was, now))
    for code in {**later, **earlier}:
        for name in sorted({*earlier.get(code, {}), *later.get(code, {})} - {"code", "clause"}):
            before, after = _told(earlier.get(code, {}).get(name)), _told(later.get(code, {}).get(name))
            if before != after:
                yield code, name, before, after
    for name in ("points", "possible", "per_cent", "rankable"):
        if _told(was[name]) != _told(now[name]):
            yield None, name, _told(was[name]), _told(now[name])


def _told(value: Any) -> str:
    """As a change writes a number."""
    if isinstance(value, dict):
        return value["exact"] if len(value["exact"]) <= 80 else value["decimal"]  # type: ignore[no-any-return]
    return "–" if value is None else str(value)


def _title(one: Published) -> str:
    return f"position {one.position}: score {one.publication} of {one.score['subject']}"


def _title_zh(one: Published) -> str:
    return f"第 {one.position} 号事件：{one.score['subject']} 的得分 {one.publication}"


def _wrong(one: Published, number: str, published: Any, recomputed: Any, indicator: str | None = None) -> Wrong:
    """That a number of a score is not the one that was published."""
    zh, en = ("", "") if indicator is None else (f"，指标 {indicator}", f", indicator {indicator}")
    was, made = _short(published), _short(recomputed)
    return Wrong(
        f"{_title_zh(one)}{zh}：{number} 公布为 {was}，复算为 {made}。",
        f"{_title(one)}{en}: {number} was published as {was}, recomputed {made}",
        one.position, score=one.publication, institution=one.score["subject"], indicator=indicator, number=number,
        published=published, recomputed=recomputed,
    )  # fmt: skip


def rescored(bundle: Bundle, survey: Survey, progress: Callable[[str, int], None]) -> int:
    """Compute every published score again; how many there were. Raises `Wrong` at the first that is not the same."""
    record, history = Record(), History()
    batches: dict[Asked, list[Published]] = {}
    latest: dict[str, tuple[Published, Asked]] = {}
    for one in survey.published:
        with _reading(one):
            history.add(one)
            last, before = latest.get(one.stream, (None, None))
            asked = _asked(one.score)
            if last is None or before is None or last.command != one.command:
                _check_order(survey, one, asked, last)
                _check_rules(survey, one, asked, before)
            elif asked != before:
                name = next(name for name in Asked._fields if getattr(asked, name) != getattr(before, name))
                raise _wrong(one, name, getattr(asked, name), getattr(before, name))
            latest[one.stream] = one, asked
            batches.setdefault(asked, []).append(one)
    tree, checked = Tree(), 0
    with closing(bundle.events()) as events, closing(record):
        record.announce(notices(bundle.document(STATE_COUNCIL)))
        for asked in sorted(batches):
            with _reading(batches[asked][0]):
                record.load(_until(asked.position, events, tree, progress))
                _compare(record, survey, asked, batches[asked], tree.root(), history)
            checked += len(batches[asked])
            progress("scores recomputed", checked)
    return checked


def _check_order(survey: Survey, one: Published, asked: Asked, last: Published | None) -> None:
    """A publication rests on all that was known when it was made; `last` is what it stated before. Raises `Wrong`."""
    zh = en = None
    if last is not None and asked.position < last.position:
        zh = f"只依据到第 {asked.position} 号事件，而第 {last.position} 号事件已公布过该结果"
        en = (
            f"rests on the record up to position {asked.position} only, though position {last.position} stated it since"
        )
    elif survey.recorded[one.position] - survey.recorded[asked.position + 1] > HOUR:
        zh = f"未计入第 {asked.position + 1} 号事件，而该事件在一小时以前已经记录"
        en = f"leaves out position {asked.position + 1}, which was recorded more than an hour before it"
    if en is not None:
        raise Wrong(f"{_title_zh(one)}{zh}。", f"{_title(one)} {en}", one.position, score=one.publication)


def _check_rules(survey: Survey, one: Published, asked: Asked, before: Asked | None) -> None:
    """A publication goes by the plan and the rulebook that were in force when it was made. It is restated by these, or
    by those by which it was stated `before`: new rules change no old score by themselves. Raises `Wrong`."""
    plans, rulebooks = in_force(survey.plans, asked.position), in_force(survey.rulebooks, asked.position)
    for what, named, newest, earlier in (
        ("plan", asked[1:3], plans.get(asked.plan), before and before[1:3]),
        ("rulebook", asked[3:5], rulebooks.get(asked.rulebook), before and before[3:5]),
    ):
        if named[1] != newest and named != earlier:
            raise _wrong(one, what, "{} version {}".format(*named), newest and f"{named[0]} version {newest}")
    plan, period = survey.plans[asked[1:3]].document, one.score["period"]
    if before is None:
        stretch, newest_plans = (
            period_of(period["kind"], period["name"], plan),
            map(survey.plans.__getitem__, plans.items()),
        )
        kept = [
            (each.document["code"], by) for each in newest_plans for by in keeping(each.document, stretch, asked.as_of)
        ]
        if kept and (asked.plan, asked.rulebook) not in kept:
            raise _wrong(one, "rulebook", [asked.plan, asked.rulebook], kept[0])
    elif asked.plan != before.plan:
        raise _wrong(one, "plan", asked.plan, before.plan)
    elif asked.rulebook != before.rulebook:
        names = {each["rulebook"] for each in plan["publishing"] if each["period_kind"] == period["kind"]}
        if asked.rulebook not in names:  # which puts right what was published by another by mistake
            raise _wrong(one, "rulebook", asked.rulebook, before.rulebook)


def in_force(adopted: Mapping[tuple[str, int], Adopted], position: int) -> dict[str, int]:
    """Each code's newest version, by a position."""
    return {code: version for (code, version), one in adopted.items() if one.position <= position}


def keeping(plan: Document, stretch: Stretch, as_of: str) -> Iterator[str]:
    """The rulebooks by which a plan has a period published on that very day: nobody else may be quicker."""
    first, last = days_of(plan)
    phase = {"code": stretch.called, "from_day": stretch.from_day, "to_day": stretch.to_day}
    last_month = f"{stretch.to_day[:8]}01"
    for one in plan["publishing"]:
        on = date.fromisoformat(stretch.to_day) + timedelta(days=one["after_days"])
        if one["period_kind"] == stretch.kind and on.isoformat() == as_of:
            within = first <= last_month and (last is None or last_month <= last)
            if any(each.items() >= phase.items() for each in plan["phases"]) if stretch.kind == "phase" else within:
                yield one["rulebook"]


@contextmanager
def _reading(one: Published) -> Iterator[None]:
    """A score is read: what is not as a score is, is told of it."""
    try:
        yield
    except MALFORMED as error:
        en = f"position {one.position}: score {one.publication} cannot be computed: {type(error).__name__}: {error}"
        zh = f"第 {one.position} 号事件：得分 {one.publication} 无法复算。"
        raise Wrong(zh, en, one.position, score=one.publication) from None


def _asked(score: Document) -> Asked:
    asked = Asked(*(score[name] for name in Asked._fields))
    if [type(value) for value in asked] != [int, str, int, str, int, str]:
        raise ValueError("it does not name what it rests on")
    if not DAY_WRITTEN.fullmatch(asked.as_of):
        raise ValueError(f"{asked.as_of} is no day")
    return asked


def _until(
    position: int, events: Iterator[tuple[int, bytes]], tree: Tree, progress: Callable[[str, int], None]
) -> Iterator[tuple[int, Document]]:
    """The further events up to a position; none where they have been read."""
    while tree.size <= position:
        at, data = next(events)
        tree.add(data)
        if at % 1000 == 0:
            progress("loading events", at)
        yield at, parsed(data)


def _compare(
    record: Record, survey: Survey, asked: Asked, batch: Sequence[Published], root: str, history: History
) -> None:
    """The scores of one batch with what the record comes to. Raises `Wrong`."""
    plan = survey.plans[asked.plan, asked.plan_version].document
    rulebook = survey.rulebooks[asked.rulebook, asked.rulebook_version].document
    periods = {one.stream: period_of(one.score["period"]["kind"], one.score["period"]["name"], plan) for one in batch}
    totals = record.scores(plan, rulebook, list({one.name: one for one in periods.values()}.values()), asked.as_of)
    by_code = {(name, subject or survey.log): total for (name, subject), total in totals.items()}
    for one in batch:
        stretch, subject = periods[one.stream], one.score["subject"]
        total = by_code.get((stretch.name, subject))
        if total is None:
            raise _wrong(one, "institution", subject, None)
        days = {"from_day": stretch.from_day, "to_day": stretch.to_day}
        period = {"kind": stretch.kind, "name": stretch.called, **days}
        made = {"subject": subject, "period": period, **asked._asdict(), **total.as_published(), "root": root}
        _equal(one, made)
        history.check_restated(one)
    _none_left_out(batch, periods, by_code, history)


def _equal(one: Published, made: dict[str, Any]) -> None:
    """One score; numbers by indicator first, so that the most telling is named."""
    by_code = {each["code"]: each for each in one.score["indicators"]}
    for each in made["indicators"]:
        published = by_code.get(each["code"], {})
        for name in (*each, *sorted({*published} - {*each})):
            if name not in published or not _same(published[name], each.get(name)):
                raise _wrong(one, name, published.get(name), each.get(name), each["code"])
    codes, own = [each["code"] for each in made["indicators"]], [each["code"] for each in one.score["indicators"]]
    if codes != own:
        raise _wrong(one, "indicators", own, codes)
    for name in (*(name for name in made if name != "root"), *sorted({*one.score} - {*made}), "root"):
        if name not in one.score or not _same(one.score[name], made.get(name)):
            raise _wrong(one, name, one.score.get(name), made.get(name))


def _same(published: Any, made: Any) -> bool:
    """1 is not true, and 1.0 is not 1."""
    return next(different(published, made), None) is None


def _none_left_out(
    batch: Sequence[Published],
    periods: Mapping[str, Stretch],
    totals: Mapping[tuple[str, str], Total],
    history: History,
) -> None:
    """Who is not in a publication was published before, with the same numbers."""
    for last in {one.stream: one for one in batch}.values():
        for (name, subject), total in totals.items():
            if name != periods[last.stream].name:
                continue
            found = history.last(last.stream, subject, last.position)
            if found is None:
                zh = f"第 {last.position} 号事件：得分 {last.publication} 未公布 {subject} 的。"
                en = f"position {last.position}: score {last.publication} of {subject} was not published"
                raise Wrong(zh, en, last.position, score=last.publication, institution=subject)
            for code, number, before, after in _changes(found.score, {**found.score, **total.as_published()}):
                raise _wrong(found, f"{number} (not restated by position {last.position})", before, after, code)


# the command ----------------------------------------------------------------------------------------------------------


class Progress:
    """A line on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._shown = 0

    def __call__(self, what: str, number: int) -> None:
        if sys.stderr.isatty():
            line = f"{what} … {number}"
            sys.stderr.write(f"\r{line.ljust(self._shown)}")
            sys.stderr.flush()
            self._shown = len(line)

    def done(self) -> None:
        if self._shown:
            sys.stderr.write(f"\r{' ' * self._shown}\r")


@dataclass
class Answer:
    """What came of it."""

    log: str = ""
    last: int = -1
    """The bundle's last position."""
    longer: int = 0
    """How many events the log had beyond, by the manifest."""
    size: int = 0
    checked: int = 0
    wrong: Wrong | None = None

    def as_json(self) -> str:
        found, scores = self.wrong and self.wrong.as_json(), {"checked": self.checked, "equal": self.checked}
        said = {
            "ok": self.wrong is None, "log": self.log, "size": self.size, "scores": scores, "first_bad": found,
            "not_checked": [en for _, en in self._not_checked()],
        }  # fmt: skip
        return json.dumps(said, ensure_ascii=False)

    def as_text(self) -> str:
        if self.wrong is not None:
            return f"{self.wrong.zh}\n{self.wrong.en}"
        beyond = self._not_checked()
        return "\n".join((
            f"日志 {self.log}：由 {self.size} 个事件复算 {self.checked} 个得分，均与公布的一致。",
            f"未核对：{'；'.join(zh for zh, _ in beyond)}。",
            f"Log {self.log}: {self.checked} scores recomputed from {self.size} events, all as they were published.",
            f"Not checked: {'; '.join(en for _, en in beyond)}.",
        ))  # fmt: skip

    def _not_checked(self) -> Sequence[tuple[str, str]]:
        """What nobody may conclude from it, in Chinese and English."""
        zh, en = (f"（至少 {self.longer} 个）", f" ({self.longer} at least)") if self.longer > 0 else ("", "")
        return (
            (
                f"第 {self.last} 号以后的事件{zh}及其更正不在核验包内",
                f"what was recorded or restated behind position {self.last}{en}, which is not in the bundle",
            ),
            (
                "更正所列的原因事件（sanguan audit replay 核对）",
                "the events that restatements name as causes (`sanguan audit replay` does that)",
            ),
            (
                "2015至2017年以外的国务院放假通知，以核验包所载为准",
                "the State Council's notices of other years than 2015 to 2017, which are the bundle's own",
            ),
            ("签名（verify.py 核对）", "signatures (verify.py does that)"),
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 as published, 1 something is wrong, 2 it cannot be read."""
    parser = argparse.ArgumentParser(
        description="Recompute every published score of a sanguan bundle from its events.",
        epilog="Example: python3 rescore.py june.zip. Exit codes: 0 all are as published, 1 one is not, 2 unusable.",
    )
    parser.add_argument("bundle", help="a zip that `sanguan audit bundle` wrote, from position 0")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked, progress, answer = parser.parse_args(arguments), Progress(), Answer()
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot write Chinese shows it otherwise
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        _require_sqlite()
        with closing(Bundle(asked.bundle)) as bundle:
            _examine(bundle, answer, progress)
    except (Unusable, MemoryError) as error:
        progress.done()
        why = error if isinstance(error, Unusable) else "内存不足。 There is not enough memory."
        _say(f"rescore.py: {why}", sys.stderr)
        return 2
    except Wrong as error:
        answer.wrong = error
    except RecursionError:
        answer.wrong = Wrong("嵌套过深。", "Something in it is nested too deeply.")
    progress.done()
    if not _say(answer.as_json() if asked.json else answer.as_text(), sys.stdout):
        _say("rescore.py: 结果无法输出。 The answer could not be written.", sys.stderr)
        return 2
    return 0 if answer.wrong is None else 1


def _examine(bundle: Bundle, answer: Answer, progress: Progress) -> None:
    """Raises `Wrong`."""
    answer.log, answer.last, size = bundle.manifest["log"], bundle.manifest["to"], bundle.manifest.get("size")
    answer.longer = size - answer.last - 1 if type(size) is int else 0
    survey = surveyed(bundle, progress)
    answer.size = survey.size
    check_files(bundle, survey)
    answer.checked = rescored(bundle, survey, progress)


def _say(text: str, to: Any) -> bool:
    """Print what may quote the bundle, with nothing in it that a terminal would obey; whether that could be done."""
    if to is None:
        return False
    try:
        print("".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in text), file=to, flush=True)
    except OSError:  # a full disk, or nobody reads any more; what is left must not be tried again at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), to.fileno())
        return False
    return True


def _require_sqlite() -> None:
    known = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        least = ".".join(map(str, OLDEST_SQLITE))
        raise Unusable(
            f"Python的SQLite是 {known}，需要 {least} 以上。", f"Python's SQLite is {known}; {least} is needed."
        )
    try:
        with closing(sqlite3.connect(":memory:")) as tried:
            tried.execute("SELECT json_extract('{}', '$')")
    except sqlite3.OperationalError:
        raise Unusable("Python的SQLite不支持JSON。", "Python's SQLite was built without JSON.") from None


if __name__ == "__main__":
    sys.exit(main())
