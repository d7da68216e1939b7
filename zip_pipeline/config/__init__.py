"""The config: a YAML file and ``--set`` overrides, resolved into frozen sections; one module a family of jobs."""

from zip_pipeline.config.judge import EvaluateConfig, Split, SplitConfig
from zip_pipeline.config.load import JOBS, load, validate
from zip_pipeline.config.sections import CodecSection, Input, JobConfig, Output, Run, ScoreConfig
from zip_pipeline.config.select import Bounds, Select, SelectConfig, SelectInput, StratumQuota

__all__ = [
    "JOBS",
    "Bounds",
    "CodecSection",
    "EvaluateConfig",
    "Input",
    "JobConfig",
    "Output",
    "Run",
    "ScoreConfig",
    "Select",
    "SelectConfig",
    "SelectInput",
    "Split",
    "SplitConfig",
    "StratumQuota",
    "load",
    "validate",
]
