"""The configs of the jobs ``select`` and ``deduplicate``: what leaves a pool, the rule, the budget, the quotas."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from zip_pipeline.codecs import CODECS
from zip_pipeline.config.bounds import Bounds
from zip_pipeline.config.common import History, Input, JobConfig, Positive, RowsOutput, Section, Watched, Workers
from zip_pipeline.config.decontaminate import Decontaminate
from zip_pipeline.config.deduplicate import Deduplicate
from zip_pipeline.config.measure import ScoreConfig
from zip_pipeline.config.quotas import StratumQuota, amount_of, limits_of, shares_of
from zip_pipeline.config.target import Targets, listed, read_as
from zip_pipeline.config.values import Amount, Bytes, tokens_of
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.schema import WEIGHT, band
from zip_pipeline.selection.quotas import Budget
from zip_pipeline.selection.rules import RULES
from zip_pipeline.selection.selector import GreedySelector


class SelectInput(Input):
    """Where the pool is, how its rows become records, and which of them leave it: what benchmarks hold, duplicates."""

    decontaminate: Decontaminate | None = Field(
        default=None, description="Benchmarks whose text leaves, as a section or as its `paths` alone."
    )
    deduplicate: Deduplicate = Field(
        default=Deduplicate(), description="Which duplicates leave, as a section or as its `kind` alone."
    )
    exclude: list[Input] = Field(
        default=[],
        description="What came before: outputs of `select` or `deduplicate`, or files of records, as paths or as "
        "places with the keys of `input`, which supplies the keys that a place leaves out. Near-duplicates of their "
        "records leave (with `kind: exact` equal payloads), and of what these outputs themselves exclude or extend.",
    )
    prefer: str | None = Field(
        default=None,
        description="A column of numbers, such as a quality score. Of duplicates the record with the highest number "
        "stays. By default, and among equals, the lowest id stays.",
    )

    @model_validator(mode="before")
    @classmethod
    def _complete_excluded(cls, tree: Any) -> Any:
        if not isinstance(tree, dict) or "exclude" not in tree:
            return tree
        shared = {key: tree[key] for key in ("dialect", "preference", "columns") if key in tree}
        given = tree["exclude"]
        listed = [
            {"path": one} if isinstance(one, str) else one for one in (given if isinstance(given, list) else [given])
        ]
        return {**tree, "exclude": [shared | one if isinstance(one, dict) else one for one in listed]}

    @model_validator(mode="after")
    def _exclude_needs_duplicates(self) -> Self:
        if self.exclude and self.deduplicate.kind == "none":
            raise ValueError("'exclude' looks for duplicates, but 'deduplicate' is none; set it to near or exact")
        return self

    @model_validator(mode="after")
    def _prefer_needs_duplicates(self) -> Self:
        if self.prefer is not None and self.deduplicate.kind == "none":
            raise ValueError(
                "'prefer' chooses among duplicates, but 'deduplicate' is none; set deduplicate to near or exact"
            )
        return self


class Extend(Section):
    """A set that you chose before: an output of `select`, or a file of records."""

    path: str = Field(
        description="Required in this section: an output of `select`, or a file of records of the pool's dialect."
    )
    format: str | None = Field(default=None, description="The format of such a file, as `input.format`.")


class Select(Section):
    """The rule, and how much it selects."""

    budget: Amount = Field(
        description="How much to select: a number of records, a size of payload such as `200MB`, tokens such as "
        "`50M tokens`, or a share of the records of the input such as `5%`. Never exceeded."
    )
    rule: Literal[*RULES] = Field(  # type: ignore[valid-type]
        default="gain",
        description="How records are chosen. `paper` and `reference` are the published rules. With a `target` the "
        "default is `target`.",
    )
    target: Targets = Field(
        default=[],
        description="Records like those that you want, a few hundred or more; the rule `target` chooses for them. A "
        "path, a place, or a list of places with a `weight` each. They are read as the pool is, unless their own keys "
        "say otherwise.",
    )
    k1: Positive = Field(
        default=150,
        description="Candidates of a round. Published rules: 10000. `k1 / k3` says how choosy `gain` is. "
        "`k1 >= k2 >= k3`. Neither of them changes what `target` and `cover` select.",
    )
    k2: Positive = Field(
        default=150, description="Candidates of a round that reach the shortlist. Published rules: 200."
    )
    k3: Positive = Field(default=100, description="Picks of a round.")
    bounds: Bounds = Field(default=Bounds.model_validate({}), description="Which records may be selected.")
    quotas: Literal["tempered", "proportional"] | dict[str, StratumQuota] = Field(
        default="tempered",
        description="How the budget is divided among sources: `tempered` (square root of their size), `proportional`, "
        "or by source `{books: {share: 50%}}`, `{books: {floor: 100, cap: 20%}}`. `{}` means no quotas, the published "
        "rules' default.",
    )
    length_strata: Positive = Field(
        default=1, description="With `quotas: proportional`: cut each source by length into this many equal parts."
    )
    weight: str | None = Field(
        default=None,
        description="A column of numbers, such as a classifier's quality, by which the score of each record is "
        "multiplied. For `gain`, `target` and `cover`. A record without a number from 0 up is rejected.",
    )
    extend: Extend | None = Field(
        default=None, description="A set that you chose before; the selection continues from it."
    )
    keep_state: bool = Field(
        default=False,
        description="Write `state/`, with which an extension continues as if it had not been interrupted.",
    )

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_rule(cls, tree: Any) -> Any:
        if not isinstance(tree, dict):
            return tree
        tree = {"rule": "target", **tree} if tree.get("target") else tree
        name = tree.get("rule")
        return {**RULES[name].defaults, **tree} if isinstance(name, str) and name in RULES else tree

    @model_validator(mode="after")
    def _target_and_rule_agree(self) -> Self:
        if self.target and self.rule != "target":
            raise ValueError(f"'target' is for the rule target, but 'rule' is {self.rule}; leave out one of them")
        if self.rule == "target" and not self.target:
            raise ValueError("the rule target needs 'target', a set of records to choose for; or set rule=cover")
        return self

    @model_validator(mode="after")
    def _numbers_suit_the_rule(self) -> Self:
        if self.weight is not None and not RULES[self.rule].takes_weights:
            rules = ", ".join(name for name, rule in RULES.items() if rule.takes_weights)
            raise ValueError(
                f"the rule {self.rule} scores sets, so a record has no weight; leave out 'weight', or set "
                f"rule to one of {rules}"
            )
        wanting = [name for name, band in self.bounds.columns.items() if band.origin == "target"]
        if wanting and not self.target:
            raise ValueError(
                f"bounds.columns.{wanting[0]} is from the target, but there is none; set target, or from=pool"
            )
        return self

    @model_validator(mode="after")
    def _states_are_of_stages(self) -> Self:
        if self.keep_state and not RULES[self.rule].has_stages:
            raise ValueError(f"the rule {self.rule} continues without states; leave out 'keep_state'")
        return self

    @model_validator(mode="after")
    def _rounds_narrow(self) -> Self:
        if RULES[self.rule].has_stages and not self.k1 >= self.k2 >= self.k3:
            raise ValueError(f"expected k1 >= k2 >= k3, found {self.k1}, {self.k2}, {self.k3}")
        if self.length_strata > 1 and self.quotas != "proportional":
            raise ValueError("length_strata above 1 needs 'quotas: proportional'")
        return self

    @model_validator(mode="after")
    def _quotas_hold(self) -> Self:
        """Check the quotas as far as that does not depend on the pool."""
        if isinstance(self.quotas, dict):
            shares = shares_of(self.quotas)
            if not str(self.budget).endswith("%"):
                limits_of(self.quotas, self.budget_of(0), shares)
        return self

    def budget_of(self, records: int) -> Budget:
        """Return the budget for an input of so many records; a percentage is one of them."""
        return Budget(*amount_of(self.budget, records, "records"))


class Resumable(Watched):
    """How a job runs that can go on after it was killed."""

    checkpoint: str | None = Field(
        default=None,
        description="A folder that driver and executors reach. When a run dies, the same command resumes from it.",
    )


class RunSection(Workers, Resumable):
    """How a selection runs; only `pools` and `seed` change what it selects."""

    pools: Positive = Field(
        default=1,
        description="Partitions of the pool that are picked from in parallel on the executors. 1 is the exact rule. "
        "More gives another selection; use it for pools that have several machines.",
    )
    seed: int = Field(
        default=0,
        description="Seed of the order in which `gain` looks at records, and of the partitions of `run.pools`.",
    )
    driver_memory_budget: Bytes | None = Field(
        default=None,
        description="Most memory that the driver's Python may need, such as `2GB`. A run that needs more stops before "
        "it picks. The JVM's memory is Spark's `spark.driver.memory`.",
    )


class DeduplicateConfig(JobConfig):
    """The config of `deduplicate`."""

    input: SelectInput = Field(description="The pool, and which records leave it.")
    output: RowsOutput = Field(description="Where the output goes.")
    run: Resumable = Field(default=Resumable(), description="How the job runs.")

    @model_validator(mode="after")
    def _has_something_to_do(self) -> Self:
        if self.input.deduplicate.kind == "none" and self.input.decontaminate is None:
            raise ValueError("input.deduplicate is none, so there is nothing to do; set it to near or exact")
        return self


class SelectConfig(ScoreConfig):
    """The config of `select`."""

    input: SelectInput = Field(description="The pool.")
    output: RowsOutput = Field(description="Where the output goes.")
    select: Select = Field(description="The rule and the budget.")
    history: History = Field(default=History(), description="A table to which the run appends its measures.")
    run: RunSection = Field(default=RunSection(), description="How the selection runs.")

    @model_validator(mode="before")
    @classmethod
    def _targets_are_read_as_the_pool(cls, tree: Any) -> Any:
        pool, section = (tree.get(key) for key in ("input", "select")) if isinstance(tree, dict) else (None, None)
        if not isinstance(pool, dict) or not isinstance(section, dict) or not section.get("target"):
            return tree
        return {**tree, "select": {**section, "target": read_as(pool, listed(section["target"]))}}

    @property
    def number_columns(self) -> dict[str, tuple[str, str]]:
        """See `ScoreConfig`."""
        weight, bands = self.select.weight, enumerate(self.select.bounds.columns)
        weights = {} if weight is None else {WEIGHT: (weight, "select.weight")}
        return {**super().number_columns, **weights} | {band(n): (name, "select.bounds.columns") for n, name in bands}

    @property
    def output_formats(self) -> set[str]:
        """The formats of the tables that the job writes."""
        return super().output_formats | self.history.output_formats

    def selector(self) -> GreedySelector:
        """Return how the run selects.

        Raises:
            ConfigError: when this machine has not what the codec needs.
        """
        section, codec, framing = self.select, self.codec.to_codec(), FRAMINGS[self.render]
        rule = RULES[section.rule]
        return GreedySelector(rule, section.k1, section.k2, section.k3, codec, framing, self.run.threads())

    @model_validator(mode="after")
    def _tokens_are_counted(self) -> Self:
        place = self.input
        if tokens_of(self.select.budget) is not None and place.columns.tokens is None and place.tokenizer is None:
            raise ValueError(
                f"select.budget {self.select.budget}: set input.columns.tokens to the column that has their number, or "
                "input.tokenizer to the path of a tokenizer.json"
            )
        return self

    @model_validator(mode="after")
    def _state_needs_one_partition(self) -> Self:
        if self.select.keep_state and self.run.pools > 1:
            raise ValueError("select.keep_state needs run.pools=1, because each partition has states of its own")
        return self

    @model_validator(mode="after")
    def _rule_suits_codec(self) -> Self:
        if RULES[self.select.rule].measures_after_each_pick and not CODECS[self.codec.name].APPENDS_ONE_RECORD:
            fast = " or ".join(name for name, codec in CODECS.items() if codec.APPENDS_ONE_RECORD)
            raise ValueError(
                f"select.rule {self.select.rule} needs codec.name={fast}, because it measures after every pick; "
                f"set select.rule=paper for {self.codec.name}"
            )
        return self
