"""Seasons of work in invented sub-districts (synthetic): drawn from a seed, then sent through the same desks as
everyone's commands. Demo, exercises and tests use it.

`scenario` says what is drawn, `rhythm`, `pace` and `matters` when, how much and about what; `founding`, `people`,
`meetings`, `cases`, `entries`, `supervised`, `scores` and `protected` draw the acts; `playing` sends them.
"""

from services.season.drawing import drawn
from services.season.playing import Played, play
from services.season.scenario import Act, Scenario, names_of

__all__ = ["Act", "Played", "Scenario", "drawn", "names_of", "play"]
