"""The config: a YAML file and ``--set`` overrides become frozen sections; one module for each family of jobs."""

from zip_pipeline.config.bounds import Band, Bounds
from zip_pipeline.config.common import (
    Clean,
    CleanConfig,
    History,
    Input,
    JobConfig,
    Output,
    Place,
    RowsOutput,
    paths_in,
)
from zip_pipeline.config.decontaminate import Decontaminate
from zip_pipeline.config.deduplicate import Deduplicate
from zip_pipeline.config.evaluate import (
    DiffConfig,
    EvaluateConfig,
    ExplainConfig,
    ExportConfig,
    Split,
    SplitConfig,
    Task,
)
from zip_pipeline.config.law import CheckConfig, FitConfig, RankConfig
from zip_pipeline.config.load import JOBS, load, validate
from zip_pipeline.config.loglikelihood import LoglikelihoodConfig
from zip_pipeline.config.measure import CodecSection, Measure, MeasureConfig, MeasuringConfig, ScoreConfig
from zip_pipeline.config.quotas import StratumQuota
from zip_pipeline.config.select import (
    DeduplicateConfig,
    Extend,
    RunSection,
    Select,
    SelectConfig,
    SelectInput,
)
from zip_pipeline.config.target import Target

__all__ = [
    "JOBS",
    "Band",
    "Bounds",
    "CheckConfig",
    "Clean",
    "CleanConfig",
    "CodecSection",
    "Decontaminate",
    "Deduplicate",
    "DeduplicateConfig",
    "DiffConfig",
    "EvaluateConfig",
    "ExplainConfig",
    "ExportConfig",
    "Extend",
    "FitConfig",
    "History",
    "Input",
    "JobConfig",
    "LoglikelihoodConfig",
    "Measure",
    "MeasureConfig",
    "MeasuringConfig",
    "Output",
    "Place",
    "RankConfig",
    "RowsOutput",
    "RunSection",
    "ScoreConfig",
    "Select",
    "SelectConfig",
    "SelectInput",
    "Split",
    "SplitConfig",
    "StratumQuota",
    "Target",
    "Task",
    "load",
    "paths_in",
    "validate",
]
