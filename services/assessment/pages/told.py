"""What assessment's events tell people: stored name → title and sentence. A test fails where an event lacks them."""

from collections.abc import Mapping
from typing import Final

from shared.contracts.assessment import PlanAdopted, PlanAmended, RulebookAdopted, ScorePublished, ScoreRestated
from shared.web.words import Said

EVENTS: Final[Mapping[str, Said]] = {
    PlanAdopted.NAME: Said(("方案印发", "Plan adopted"), ("由{author}录入。{reason}", "Entered by {author}. {reason}")),
    PlanAmended.NAME: Said(
        ("方案调整", "Plan amended"),
        ("第{version}版，由{author}录入。{reason}", "Version {version}, entered by {author}. {reason}"),
    ),
    RulebookAdopted.NAME: Said(
        ("考核办法施行", "Rulebook adopted"),
        ("第{version}版，由{author}录入。{reason}", "Version {version}, entered by {author}. {reason}"),
    ),
    ScorePublished.NAME: Said(("考核结果公布", "Score published"), ("首次公布。", "Published for the first time.")),
    ScoreRestated.NAME: Said(
        ("考核结果更正", "Score restated"), ("数字有变，予以更正。", "Numbers changed, and were put right.")
    ),
}
