"""The section ``input.decontaminate``: the benchmarks whose text a pool should not contain."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from zip_pipeline.config.common import Input, Section
from zip_pipeline.config.values import Share


class Decontaminate(Section):
    """Which benchmarks are looked for, and by which passages; a list of paths is short for `paths`.

    >>> [place.path for place in Decontaminate.model_validate(["gsm8k.jsonl", {"path": "mmlu/"}]).paths]
    ['gsm8k.jsonl', 'mmlu/']
    """

    SHORT_FOR: ClassVar[str] = "paths"

    paths: Annotated[list[Input], Field(min_length=1)] = Field(
        description="Benchmarks: paths, or places with the keys of `input`. Records that share a passage with an item "
        "of one of them leave. `decontaminate: [gsm8k.jsonl]` is short for `{paths: [gsm8k.jsonl]}`."
    )
    words: Annotated[int, Field(ge=5, le=100)] = Field(
        default=13,
        description="Words of a passage, counted as for near-duplicates. Items of 8 to 12 words are looked for as a "
        "whole, shorter ones not at all.",
    )
    share: Share = Field(
        default=0.0,
        description="Least share of an item's passages that a record has to have to leave. By default one passage is "
        "enough.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, tree: Any) -> Any:
        return tree if isinstance(tree, dict | Section) else {cls.SHORT_FOR: tree}

    @field_validator("paths", mode="before")
    @classmethod
    def _places(cls, paths: Any) -> Any:
        listed = [paths] if isinstance(paths, str) else paths
        return [{"path": one} if isinstance(one, str) else one for one in listed] if isinstance(listed, list) else paths
