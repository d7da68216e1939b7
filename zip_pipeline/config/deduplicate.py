"""The section ``input.deduplicate``: which records count as duplicates, and how many of them may leave a pool."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from zip_pipeline.config.common import Section
from zip_pipeline.config.values import Share

PartOfIt = Annotated[Share, Field(gt=0)]


class Deduplicate(Section):
    """Which records are duplicates of others and leave the pool; ``deduplicate: exact`` is short for its `kind`.

    >>> Deduplicate.model_validate("exact").kind
    'exact'
    """

    SHORT_FOR: ClassVar[str] = "kind"

    kind: Literal["none", "exact", "near"] = Field(
        default="near",
        description="Leaves out records that are near-duplicates of one that stays (`near`), or all but one of equal "
        "payloads (`exact`). `none` leaves out nothing. `deduplicate: exact` is short for `{kind: exact}`.",
    )
    threshold: PartOfIt = Field(
        default=0.5,
        description="Two records are near-duplicates when at least this share of their different runs of 5 words "
        "agree (Jaccard).",
    )
    on: Literal["content", "whole"] = Field(
        default="content",
        description="What is compared: `content` is the payload without system prompts and lists of tools, `whole` the "
        "payload.",
    )
    common: PartOfIt = Field(
        default=0.001,
        description="Runs of words that more than this share of the records have, and more than 20 records, are "
        "boilerplate and do not count. `1` counts all.",
    )
    max_removed: Share | None = Field(
        default=None,
        description="The run stops, and writes nothing, when more than this share of the records would leave as "
        "duplicates.",
    )

    keep_index: bool = Field(
        default=False,
        description="Write `signatures/`, by which a later run with `input.exclude` compares its records with those "
        "chosen here without reading their texts again.",
    )

    @property
    def compared(self) -> str | None:
        """What scoring has to keep of each record in addition to its payload, see `tasks.score.Scorer`."""
        return self.on if self.kind == "near" else None

    @model_validator(mode="after")
    def _index_needs_a_search(self) -> Self:
        if self.keep_index and self.kind == "none":
            raise ValueError("keep_index needs a search for duplicates; set kind to near or exact")
        return self

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, tree: Any) -> Any:
        return tree if isinstance(tree, dict | Section) else {cls.SHORT_FOR: tree}
