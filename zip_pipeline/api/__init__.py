"""The pipeline for a notebook: DataFrames in, DataFrames out, on the session that they belong to."""

from zip_pipeline.api.evaluation import evaluate, measure
from zip_pipeline.api.preparation import Deduplicated, Sides, deduplicate, split
from zip_pipeline.api.previews import preview
from zip_pipeline.api.selection import score, select

__all__ = ["Deduplicated", "Sides", "deduplicate", "evaluate", "measure", "preview", "score", "select", "split"]
