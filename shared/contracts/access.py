"""Readings of what is sealed 查阅个人信息: who opened which field of which case, and what for; never what it said.

They stand in a log of their own beside a sub-district's, are never published, and belong to no service. Only its size
and root go into the sub-district's own log, once a day: so nobody can shorten it or write it anew.
"""

from typing import Annotated, Final, Literal

from shared.contracts.codes import Named
from shared.contracts.event import Event, event, value
from shared.contracts.fields import Code, Count, Day, IdNumber, Many, Ordinal, PersonName, Phone, Text


class Purpose(Named):
    """What a sealed field is opened for 查阅事由: a closed list, so that no purpose names anybody."""

    VISIT = "visit", "准备走访", "preparing a visit"
    MEDIATION = "mediation", "调解", "mediation"
    CONTACT = "contact", "联系当事人", "getting in touch with a party"
    FOLLOW_UP = "follow_up", "回访", "follow-up"
    HANDOVER = "handover", "移交案件", "handing a case over"
    SUPERVISION = "supervision", "督查督办", "supervision"
    CHECKING = "checking", "核对登记", "checking what was entered"
    AUDIT = "audit", "审计", "an audit"
    COMPLAINT = "complaint", "处理投诉、申诉", "a complaint or an appeal"
    LEGAL_CLAIM = "legal_claim", "诉讼、仲裁、复议", "a claim before a court or an authority"
    AUTHORITY_REQUEST = "authority_request", "有权机关依法调取", "an authority's lawful request"
    SUBJECT_REQUEST = "subject_request", "本人申请查阅", "the person's own request"
    DANGER_TO_LIFE = "danger_to_life", "危及生命健康", "danger to life or health"
    MISSING_PERSON = "missing_person", "人员走失", "a missing person"
    VIOLENCE = "violence", "正在发生的暴力", "violence under way"
    DISASTER = "disaster", "火灾等突发事件", "a fire or another disaster"


THOUGH_RESTRICTED: Final = frozenset({Purpose.SUBJECT_REQUEST, Purpose.LEGAL_CLAIM})
"""What restricted data 限制处理 may still be opened for, once two people have agreed (个人信息保护法 45, 47)."""

FieldName = Annotated[str, Text(80, code=True, plain=True, pattern=r"^[a-z][a-z_]*(/[0-9]{1,4}(/[a-z_]+)?)?$")]
"""A sealed field by its place in a ledger's row or an event: `summary`, `parties/0/name`, `decisions/2`."""
Subject = Annotated[str, Text(100, code=True, plain=True, pattern=r"^[a-z]{1,32}/[0-9A-Za-z\u3400-\u9fff._:-]{1,64}$")]
"""Whose keys seal it: `case/0f3a`."""
Root = Annotated[str, Text(64, code=True, plain=True, pattern=r"^[0-9a-f]{64}$")]
"""The root of a log's tree, in hexadecimal."""


@event("sanguan.record.sealed-field-read.v1")
class SealedFieldRead(Event):
    """A sealed field was about to be opened 查阅密封信息; the actor and the moment stand in the envelope (§3.3.2)."""

    case: Code
    """Of which case or entry, by its id."""
    field: FieldName
    """Which one, by its name."""
    item: Code | None
    """Of what in the case: a visit's id."""
    purpose: Purpose
    subject: Subject | None = None
    """Whose keys seal it, which tells a case from an entry of the same id."""
    grant: Code | None = None
    """The unmasking 解封许可, or the broken glass 紧急查阅, by which it was opened; none for those whose work it is."""


@event("sanguan.record.person-sought.v1")
class PersonSought(Event):
    """Somebody's cases were looked for, as they had asked 查找本人案件 (个人信息保护法 45). Nothing of who it was.

    It is recorded twice in one stream: before any box is opened, and when it is known how many there were."""

    purpose: Purpose
    found: Count | None
    """How many cases there were; None as long as nobody knows."""
    request: Code | None = None
    """The person's request 本人请求 that it answers; None in what was recorded before one was asked for."""


@event("sanguan.record.card-issued.v1")
class CardIssued(Event):
    """A card with a code was about to be handed to a resident 发放查询码; who did it and when stand in the envelope
    (§3.3.2). What is done by the code is done by the actor `resident-<card>`."""

    case: Code
    card: Code
    """The card's name, which opens nothing."""


@event("sanguan.record.access-anchored.v1")
class AccessAnchored(Event):
    """What the log of readings 查阅日志 held at the end of a day, made fast in the sub-district's own log
    (§3.1.4; 个人信息保护法 51, 54): whoever shortens it or writes it anew afterwards is found out."""

    day: Day
    size: Ordinal
    """How many readings there were, from its beginning."""
    root: Root
    """Of the tree over them (RFC 9162 §2.1)."""


@value
class ReadSealed:
    """Why sealed fields are to be opened 查阅申请, and which; where the address names one field, none is named here."""

    purpose: Purpose
    fields: Annotated[tuple[FieldName, ...], Many(60)] | None = None


@value
class AskForHeld:
    """A person's request for what is held about them in a case 查阅复制申请 (个人信息保护法 45)."""

    purpose: Literal[Purpose.SUBJECT_REQUEST]
    party: Count
    """Which party they are, counted from 0."""


@value
class FindPerson:
    """Who asks for their cases 查找本人案件: the name, and the telephone or identity number by which it is they."""

    purpose: Literal[Purpose.SUBJECT_REQUEST]
    request: Code
    """Their request 本人请求: one that waits for its answer, and that another person received."""
    name: PersonName
    phone: Phone | None = None
    id_number: IdNumber | None = None


READINGS = (SealedFieldRead, PersonSought, CardIssued)
"""All events of the logs of readings. They are no part of the published catalogue."""
EVENTS = (AccessAnchored,)
"""What the record itself says in a sub-district's log: published as all events there are."""
