"""The plan's clauses 条款 and what lives of each: commands, events, ledgers, indicators, pages.

The titles and leads are the document's (东办〔2015〕28号); all else is read off the declarations, so that it cannot go
stale. An event belongs to the clauses that its docstring names with §; one that names none, to that of its aggregate's
first command. The document has no section 四.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from shared.contracts.assessment import Rulebook
from shared.contracts.model import Accepts, Decider, Service, slug

_NAMED: Final = re.compile(r"§\s*((?:\d(?:\.\d)*(?:,\s*)?)+)")
_PAGES: Final[Mapping[str, str]] = {"cases": "/cases", "communities": "/communities", "scores": "/scores"}
"""Ledgers that have a page of their own; every clause has one as well."""
_PAGES_OF: Final[Mapping[str, str]] = {"3.3.3": "/meetings", "3.3.7": "/duties", "5.2": "/grids", "6.2": "/duties"}
"""Pages that serve a clause beside its own: vacancies (6.2) stand among what is due."""


class Clause(NamedTuple):
    """A clause of the document, and the unit that it makes answerable 牵头单位."""

    clause: str
    title_zh: str
    title_en: str
    lead: str


CLAUSES: Final = (
    Clause("2", "组织领导", "Leading group, its office, three portfolios", "街道"),
    Clause("3.1.1", "统一阵地建设", "A studio in every community", "街道"),
    Clause("3.1.2", "统一设置标示", "Notices: who serves here, when and how to reach them", "社区"),
    Clause("3.1.3", "统一调配力量", "One of each of the four professions, kept at least a year", "街道"),
    Clause("3.1.4", "统一建章立制", "Ledgers and work procedures", "社区"),
    Clause("3.2.1", "排查化解矛盾纠纷", "Sweep for and settle disputes", "信访办"),
    Clause("3.2.2", "组织推动群防群治", "Patrols and red-armband volunteers", "综治办"),
    Clause("3.2.3", "培训基层调解队伍", "Coach and train mediators", "司法所"),
    Clause("3.2.4", "开展法律宣传服务", "Law outreach and advice", "司法所"),
    Clause("3.2.5", "参与基层社会治理", "Services for migrants and special groups", "综治办、司法所"),
    Clause("3.2.6", "实现工作联调联动", "Joint conferences that settle real problems", "社区（村）"),
    Clause("3.3.1", "领导包抓制度", "A leader answers for each community", "街道班子"),
    Clause("3.3.2", "联系群众制度", "Three entries, three must-visits, three ones", "三官一师"),
    Clause("3.3.3", "工作报告制度", "Monthly meeting, minutes to the office", "社区"),
    Clause("3.3.4", "述职评议制度", "Yearly debriefing and public review", "三官一师"),
    Clause("3.3.5", "考核评价制度", "Assessment under a rulebook", "综治办"),
    Clause("3.3.6", "实绩档案制度", "Performance archive, filed upward", "综治办"),
    Clause("3.3.7", "责任管理制度", "Weight, inspection, circulars", "综治办"),
    Clause("3.4.1", "宣传发动阶段", "Phase 1: mobilisation, plans, responsibility letters", "街道、社区"),
    Clause("3.4.2", "全面推进阶段", "Phase 2: push and supervise", "综治办"),
    Clause("3.4.3", "总结表彰阶段", "Phase 3: summary, assessment, commendation", "领导小组办公室"),
    Clause("5.1", "积极化解社会矛盾", "Resolve at least 90 %, keep 100 % stable", "信访办"),
    Clause("5.2", "全面融入网格化管理", "The grid", "社区"),
    Clause("5.3", "加强群防群治队伍建设", "Enterprises' own security, the five kinds of helper", "综治办"),
    Clause("5.4", "层层开展平安创建活动", "Safe units; key areas cleaned up", "综治办"),
    Clause("5.5", "深入推进重点管理", "Key management: venues, hazards, fire safety", "综治办、司法所"),
    Clause("5.6", "加强法律宣传工作", "Law in the community; youth offending below 2 %", "司法所"),
    Clause("6.1", "提高思想认识", "Residents know and are satisfied", "社区"),
    Clause("6.2", "精心组织实施", "A working body per community; vacancies filled", "社区"),
    Clause("6.3", "强化工作保障", "Staff and funds", "街道"),
    Clause("6.4", "形成长效机制", "Model cases, what to keep", "社区"),
    Clause("6.5", "加强督导考核", "Supervision, periodic circulars", "领导小组办公室"),
)
DOCUMENT: Final = "东办〔2015〕28号"
"""The document whose clauses these are; the numbers of any other are its own."""
KNOWN: Final = {clause.clause: clause for clause in CLAUSES}


def clauses_of(event: type, decider: Decider[Any]) -> Sequence[str]:
    """The clauses that an event belongs to, in the document's order."""
    return sorted(_named(event)) or [_known(decider.accepts[0].clause)]


def _serves(accepts: Accepts, clause: str) -> bool:
    """Whether a command serves a clause: the one that it is declared for, or one that its docstring names."""
    return _known(accepts.clause) == clause or clause in _named(accepts.command)


def _named(cls: type) -> set[str]:
    """The clauses of the table that a docstring names."""
    found = {one for group in _NAMED.findall(cls.__doc__ or "") for one in re.findall(r"\d(?:\.\d)*", group)}
    return found & KNOWN.keys()


def _known(clause: str) -> str:
    """A clause of the table: 3.4, the campaign's steps, stands for its first phase."""
    return clause if clause in KNOWN else next(one for one in KNOWN if one.startswith(clause))


class Living(NamedTuple):
    """What lives of one clause."""

    commands: tuple[str, ...]
    """`<service>/<slug>`."""
    events: tuple[type, ...]
    ledgers: tuple[str, ...]
    """`<service>.<name>`."""
    indicators: tuple[str, ...]
    pages: tuple[str, ...]


def living(clause: str, services: Iterable[Service], rulebook: Rulebook) -> Living:
    """What the declarations hold of a clause."""
    commands: list[str] = []
    events: list[type] = []
    ledgers: dict[str, None] = {}
    pages = {f"/clauses/{clause}": None}
    for service in services:
        for decider in service.deciders:
            commands += [_name(service, one) for one in decider.accepts if _serves(one, clause)]
            events += [event for event in decider.events if clause in clauses_of(event, decider)]
        for ledger in service.served:
            if _known(ledger.clause) == clause or set(ledger.handles) & set(events):
                ledgers[f"{service.name}.{ledger.name}"] = None
                if (page := _PAGES.get(ledger.name)) is not None and _known(ledger.clause) == clause:
                    pages[page] = None
    if clause in _PAGES_OF:
        pages[_PAGES_OF[clause]] = None
    indicators = tuple(one.code for one in rulebook.indicators if one.clause == clause)
    return Living(tuple(commands), tuple(events), tuple(ledgers), indicators, tuple(pages))


def _name(service: Service, accepts: Accepts) -> str:
    return f"{service.name}/{slug(accepts.command)}"
