"""Who did the work does not score it (§3.3.5). All data are invented (synthetic)."""

import asyncio
from pathlib import Path

import pytest

from services.assessment.ledgers import did_work
from shared.contracts.codes import Role
from shared.contracts.model import Refused
from tests.web.campaign import LOG, day, fill, opened
from tests.web.test_whole import PUBLISHED


def test_who_did_the_work_publishes_no_scores(tmp_path: Path) -> None:
    async def play() -> None:
        async with opened(tmp_path) as (node, _):
            made = await fill(node)
            await made.settle()
            with node.look("assessment", LOG) as look:
                workers = {row.id for row in look.rows(did_work.LEDGER)}
            assert "office-1" not in workers, "it entered what others did"
            for who in sorted(workers)[:2]:
                with pytest.raises(Refused) as refused:
                    await made.send(PUBLISHED, day("12-31"), role=Role.OFFICE, who=who)
                assert refused.value.code == "did_the_work"
            await made.send(PUBLISHED, day("12-31"), role=Role.OFFICE, who="office-9")

    asyncio.run(play())
