"""The selection rules: which records of a scored pool to keep. No Spark, config, files or printing.

`GreedySelector` selects from any stream of `Scored` records within `Quotas`; see `selector` for an example.
"""

from zip_pipeline.selection.frontier import Scored
from zip_pipeline.selection.greedy import Pick, Round
from zip_pipeline.selection.quotas import Budget, Quota, Quotas
from zip_pipeline.selection.rules import RULES
from zip_pipeline.selection.selector import GreedySelector, Selection

__all__ = ["RULES", "Budget", "GreedySelector", "Pick", "Quota", "Quotas", "Round", "Scored", "Selection"]
