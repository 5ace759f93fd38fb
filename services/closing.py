"""How a demonstration ends: the campaign's summary 活动总结, printed for people and counted for programs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.assessment.flags.asked import flags_at
from services.assessment.flags.raising import Flag
from services.assessment.ledgers import rulebooks
from services.assessment.papers.summary import Summary, TargetResult, summary
from services.assessment.rules.versions import edition
from shared.contracts.assessment import Comparison, FlagKind
from shared.contracts.frozen import dataclass
from shared.contracts.model import Look

_COLOURS: Final = {True: "green", False: "red", None: "dim"}


@dataclass(frozen=True, slots=True)
class Closing:
    """What became of a campaign, and what looked odd meanwhile."""

    as_of: date
    summary: Summary
    flags: tuple[Flag, ...]

    @property
    def names(self) -> Mapping[str, str]:
        """The communities' names by their codes."""
        return {one.community: one.name or one.community for one in self.summary.communities}

    def counts(self) -> dict[str, Any]:
        """Named counts for whoever reads the last line of a demonstration."""
        told, verdicts = self.summary, Counter(one.reached for one in self.summary.targets)
        return {
            "plan": told.plan, "plan_version": told.plan_version, "rulebook": told.rulebook,
            "rulebook_version": told.rulebook_version, "as_of": self.as_of.isoformat(), "phases": len(told.phases),
            "targets": len(told.targets), "targets_reached": verdicts[True], "targets_missed": verdicts[False],
            "targets_not_measured": verdicts[None], "indicators_reached": len(told.whole.reached),
            "indicators_missed": len(told.whole.missed), "communities": len(told.communities),
            "anomalies": len(told.anomalies), "flags": len(self.flags),
            "flags_answered": sum(bool(flag.answers) for flag in self.flags),
            "publications": len(told.publications), "restatements": len(told.restatements),
            "numbers_restated": sum(len(one.changes) for one in told.restatements), "appeals": len(told.appeals),
            "appeals_decided": sum(one.decided_on is not None for one in told.appeals),
        }  # fmt: skip


def closing(look: Look, plan: str, as_of: date) -> Closing:
    """The whole campaign as it stands on a day; raises `Refused` for a plan that there is not."""
    told = summary(look, plan, None, as_of)
    book = edition(look.rows(rulebooks.LEDGER), told.rulebook, told.rulebook_version).rulebook
    return Closing(as_of, told, flags_at(look, book.flags, as_of=as_of))


# printed --------------------------------------------------------------------------------------------------------------


def printed(told: Closing, out: Console) -> None:
    """The summary, part by part."""
    plan = told.summary
    out.rule(f"[bold]活动总结 The campaign's summary[/]  {escape(plan.document)}", style="dim")
    out.print(
        f"{escape(plan.title)}  {plan.from_day} – {plan.to_day}，截至 as of {told.as_of}（示例数据 synthetic）\n",
        highlight=False,
    )
    for table in (_phases(plan), _targets(told), _flags(told)):
        out.print(table)
    for line in (*_anomalies(plan), *_restatements(told), *_appeals(told)):
        out.print(line, highlight=False)


def _table(zh: str, en: str, *columns: str, right: int = 0) -> Table:
    """An empty table; its last `right` columns hold numbers."""
    table = Table(title=f"{zh}  {en}", title_style="bold", title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place >= len(columns) - right else "left")
    return table


def _phases(plan: Summary) -> Table:
    table = _table("阶段", "Phases", "阶段 phase", "§", "自 from", "至 to", "天数 days", "状态 state", right=2)
    for one in plan.phases:
        days = (one.to_day - one.from_day).days + 1
        title = f"{one.code} {escape(one.title_zh)} [dim]{escape(one.title_en)}[/]"
        state = f"{one.state.zh} {one.state.en}"
        table.add_row(title, one.clause, str(one.from_day), str(one.to_day), str(days), state)
    return table


def _targets(told: Closing) -> Table:
    """The plan's own targets: numerator and denominator, always, and the same with nothing left out."""
    table = _table(
        "方案目标", "The plan's targets", "目标 target", "§", "应达 due", "分子/分母", "比率 rate", "剔除 left out",
        "未剔除 unadjusted", "结果 result", "达标社区 communities", right=7,
    )  # fmt: skip
    for one in told.summary.targets:
        verdict = {True: "达标 reached", False: "未达标 missed", None: _unmeasured(one)}[one.reached]
        measured = len(one.communities_reached) + len(one.communities_missed)
        table.add_row(
            f"{escape(one.title_zh)} [dim]{escape(one.title_en)}[/]", one.clause, _due(one),
            "—" if one.standing is None else f"{one.numerator}/{one.denominator}", _per_cent(one.rate),
            str(one.excluded), _unadjusted(one),
            f"[{_COLOURS[one.reached]}]{verdict}[/]", f"{len(one.communities_reached)}/{measured}" if measured else "—",
        )  # fmt: skip
    return table


def _unadjusted(target: TargetResult) -> str:
    """The numbers and the rate with nothing left out, always beside the other."""
    if target.standing is None:
        return "—"
    return f"{target.unadjusted_numerator}/{target.unadjusted_denominator} {_per_cent(target.unadjusted_rate)}"


def _due(target: TargetResult) -> str:
    sign = "<" if target.comparison is Comparison.BELOW else "≥"
    return f"{sign} {_per_cent(target.share)}"


def _unmeasured(target: TargetResult) -> str:
    if target.standing is None:
        return "无对应指标 no indicator"
    return f"{target.standing.zh} {target.standing.en}"


def _per_cent(share: str | None) -> str:
    return "—" if share is None else f"{(Decimal(share) * 100).normalize():f}%"


def _flags(told: Closing) -> Table:
    """Flags beside the score: how many of each kind, community by community."""
    kinds = [kind for kind in FlagKind if any(flag.kind is kind for flag in told.flags)]
    table = _table(
        "疑点提示（不计分）", "Flags (beside the score, never in it)", "社区 community",
        *(f"{kind.zh}\n[dim]{kind.en}[/]" for kind in kinds), "已说明 answered", right=len(kinds) + 1,
    )  # fmt: skip
    for code, name in told.names.items():
        own = [flag for flag in told.flags if flag.community == code]
        counts = (sum(flag.kind is kind for flag in own) for kind in kinds)
        answered = f"{sum(bool(flag.answers) for flag in own)}/{len(own)}"
        table.add_row(escape(name), *(str(count or "·") for count in counts), answered)
    return table


def _anomalies(plan: Summary) -> Iterator[str]:
    yield f"[bold]文件疑点  Oddities of the document[/] ({len(plan.anomalies)}，照原文保留 kept as issued)"
    for one in plan.anomalies:
        yield f"  ⚑ §{one.clause} {escape(one.note_zh)} [dim]{escape(one.note_en)}[/]"


def _restatements(told: Closing) -> Iterator[str]:
    """Publication by publication: how many numbers of whom, by which events."""
    found = told.summary.restatements
    yield f"[bold]更正  Restatements[/] ({len(found)})"
    for id in dict.fromkeys(one.publication for one in found):
        own = [one for one in found if one.publication == id]
        numbers = sum(len(one.changes) for one in own)
        causes = sorted({cause for one in own for change in one.changes for cause in change.causes})
        yield (
            f"  {id}：{len(own)} 个考核对象 institutions，{numbers} 个数字 numbers，"
            f"{len(causes)} 个原因事件 causing events {escape(_some(causes))}"
        )


def _some(positions: Sequence[int]) -> str:
    shown = ", ".join(f"#{one}" for one in positions[:6])
    return f"({shown}{', …' if len(positions) > 6 else ''})"


def _appeals(told: Closing) -> Iterator[str]:
    found, names = told.summary.appeals, told.names
    yield f"[bold]申诉  Appeals[/] ({len(found)})"
    for one in found:
        finding = "待决 waits" if one.finding is None else f"{one.finding.zh} {one.finding.en}"
        heard = "" if one.heard_on is None else f"，听取 heard {one.heard_on}"
        yield (
            f"  {escape(names.get(one.community, one.community))} {one.publication} {one.indicator or ''}："
            f"提出 lodged {one.lodged_on}{heard}，{finding}"
        )
