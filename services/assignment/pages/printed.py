"""What a community hangs up and hands out 社区用纸, as PDF: its notice board 公示栏 (§3.1.2), contact cards 便民联系卡
(§3.3.2), and a meeting's minutes 会议纪要 (§3.3.3).

Names, telephone numbers, and what was said are sealed: the paper has a line for each, to be filled in by hand.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import segno
from starlette.responses import Response

from services.assignment.entries import LEADERS_LEDGER
from services.assignment.ledgers import communities, meetings, officers, roster
from shared.clock import utc_now
from shared.contracts.codes import Profession
from shared.contracts.days import CIVIL, civil_day
from shared.contracts.model import Look, Refused
from shared.printing.typesetting import about, chinese_day, pdf_response, typeset
from shared.queries import day_by
from shared.runtime import Node
from shared.web.pages import Ask

_HERE: Final = Path(__file__).parent / "templates"
BOARD: Final = _HERE / "notice_board.typ"
CARD: Final = _HERE / "contact_card.typ"
MINUTES: Final = _HERE / "minutes.typ"
_LONGEST_HOST: Final = 260
"""A name in the DNS, and a port."""
_LEAST_DECISIONS: Final = 4
"""Lines for decisions where none were entered."""


class PrintedPages:
    """The papers."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def board(self, ask: Ask) -> Response:
        """Who serves a community, to be hung up; raises `Refused`."""
        return self._of_community(ask, BOARD, "notice-board", "公示栏")

    def card(self, ask: Ask) -> Response:
        """A sheet of cards for households; raises `Refused`."""
        return self._of_community(ask, CARD, "contact-card", "便民联系卡")

    def _of_community(self, ask: Ask, template: Path, code: str, title: str) -> Response:
        """A paper of a community as it stands on a day, `as_of`, today where none is named."""
        community = ask.request.path_params["code"]
        ask.require(community)
        day = day_by(dict(ask.request.query_params), "as_of", civil_day(utc_now()))
        with self._node.look("assignment", ask.log) as look:
            data = community_as_data(look, community, title, day, _public_address(ask))
        content = typeset(template, data, self._node.storage.settings)
        return pdf_response(content, code, title, community, day)

    def minutes(self, ask: Ask) -> Response:
        """A meeting's minutes, to be filled in and signed; raises `Refused`."""
        with self._node.look("assignment", ask.log) as look:
            row = look.row(meetings.LEDGER, ask.request.path_params["id"])
            if row is None or row.voided_at is not None:
                raise Refused("not_found")
            ask.require(row.community)
            community = look.row(communities.LEDGER, row.community)
            data = minutes_as_data(row, community.name if community else row.community, f"{ask.log} #{look.position}")
        content = typeset(MINUTES, data, self._node.storage.settings)
        return pdf_response(content, "minutes", "会议纪要", row.community, row.month)


def community_as_data(look: Look, code: str, title: str, day: date, address: str) -> dict[str, Any]:
    """Who serves a community on a day, as the templates take it; raises `Refused("not_found")`."""
    row = look.row(communities.LEDGER, code)
    if row is None:
        raise Refused("not_found")
    units = {one.id: one.unit for one in look.rows(officers.LEDGER)}
    serving = [one for one in look.rows(roster.LEDGER, community=code) if one.serves(day)]
    return {
        **about(f"{row.name} {title}", day, f"{look.log} #{look.position}"), "community": row.name,
        "studio": row.studio_place if row.studio_open else None, "leaders": _leaders(look, code, day),
        "posts": [
            {"zh": profession.zh, "en": profession.en, "officers": _posted(profession, serving, units)}
            for profession in Profession
        ],
        "address": address, "qr": qr(address),
    }  # fmt: skip


def _posted(profession: Profession, serving: Sequence[roster.Row], units: dict[str, str]) -> list[dict[str, Any]]:
    """Who serves in a post, the longest first: from where, and when they come."""
    found = sorted(
        (one for one in serving if one.profession is profession), key=lambda one: (one.from_day, one.officer)
    )
    return [{"unit": units.get(one.officer), "times": one.times} for one in found]


def _leaders(look: Look, code: str, day: date) -> list[str]:
    """The posts of the leaders who answer for a community."""
    return [
        row.post for row in look.rows(LEADERS_LEDGER, community=code)
        if row.voided_at is None and civil_day(row.happened_at) <= day
        and (row.relieved_at is None or civil_day(row.relieved_at) > day)
    ]  # fmt: skip


def minutes_as_data(row: meetings.Row, community: str, foot: str) -> dict[str, Any]:
    """A meeting, as the template takes it: what is not sealed, and lines for the rest."""
    held = row.held_at.astimezone(CIVIL)
    day = civil_day(row.held_at)
    known = (
        ("召开时间", f"{chinese_day(day)} {held:%H:%M}"), ("社区", community), ("会议类别", row.kind.zh),
        ("所属月份", f"{row.month[:4]}年{int(row.month[5:])}月"), ("到会人数", f"{row.attended}人"),
        ("纪要报送", chinese_day(civil_day(row.minutes_at)) if row.minutes_at else "尚未报送"),
    )  # fmt: skip
    return {
        **about(f"{community} {row.kind.zh} 会议纪要", day, foot), "facts": [list(one) for one in known],
        "decisions": max(len(row.decisions), _LEAST_DECISIONS),
    }  # fmt: skip


def qr(text: str) -> str:
    """A QR code as a drawing of lines (SVG)."""
    return segno.make(text, error="m", micro=False).svg_inline(border=2, dark="#000", light="#fff")


def _public_address(ask: Ask) -> str:
    """Where residents see the community's sub-district, at the address by which this site was reached; raises
    `Refused("bad_header")` where that is no host's name."""
    if len(host := ask.request.url.netloc) > _LONGEST_HOST:
        raise Refused("bad_header", field="host")
    return f"{ask.request.url.scheme}://{host}/public/{ask.log}"
