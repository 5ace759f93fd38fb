"""Assessment reacts to nothing yet: it folds the others' events into its evidence, and scores when it is asked."""

from shared.contracts.model import Reaction

REACTIONS: tuple[Reaction, ...] = ()
