"""The job ``evaluate``: does a selection teach a model more than other records of its pool would?

Spark reads the selections, draws baselines from their pool, and reads the held-out texts. The language models then
learn each text and are asked for the held-out ones. The text after which they need fewer bits taught them more.
"""

import json
from collections.abc import Callable, Mapping, Sequence

from pyspark.sql import SparkSession

from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Deduplicate, EvaluateConfig, Input, SelectInput, Target, Task, validate
from zip_pipeline.config.target import read_as
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.evaluate import baselines, held_out, importance
from zip_pipeline.jobs.evaluate.importance import TargetText
from zip_pipeline.jobs.evaluate.report import evaluate_page, show
from zip_pipeline.jobs.evaluate.results import results
from zip_pipeline.jobs.evaluate.tasks import TaskQuestions, read_task
from zip_pipeline.jobs.manifest import input_part
from zip_pipeline.language_models import judges
from zip_pipeline.report.console import Reporter
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import selection_output
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.reader import name_of, read_with_origin
from zip_pipeline.spark.sampling import Sample
from zip_pipeline.spark.scored_pool import ScoredPool
from zip_pipeline.stats.text_statistics import text_of

OpenCorpus = Callable[[Input, str], Corpus]
"""Opens a place of the config, which has a key for messages; see `Run.open_corpus`."""


def run(config: EvaluateConfig, reporter: Reporter) -> Manifest:
    """Judge selections; return the manifest."""
    section = config.evaluate
    judges.require(section.models)
    paths = named(section.selections)
    selection_output.require_outputs(*paths.values())
    with Run("evaluate", config, reporter) as run:
        config = run.pin()
        section = config.evaluate
        manifests = {name: selection_output.manifest_of(path) for name, path in paths.items()}
        place = config.input or pool_of(manifests)
        wanted = importance.targets_of(section.target, manifests, place)
        with run.stage("read", "read the pool, the selections and the held-out texts"):
            tasks = tasks_of(run.spark, section.tasks)
            selections = {
                name: selection_output.selected(run.spark, paths[name], manifests[name]).persist() for name in paths
            }
            held_outs = held_outs_of(run.open_corpus, section.held_out, place, section.by)
            corpus = run.open_corpus(place)
            scorer = corpus.scorer("content", NullCodec(), Deduplicate().compared)
            pool = ScoredPool.create(corpus, scorer, run.output.scratch)
            targets = _targets(run.open_corpus, wanted)
            asked = {task.key: task.sample for task in tasks}
            known = held_out.known({**held_outs, **asked}, pool.records(), targets)
            run.say(*(f"caution: {line}" for line in held_out.leaks(known)))  # the models have not begun yet

        with run.stage("draw", "draw the baselines"):
            size = baselines.size_of(selections, section.most_bytes)
            contestants = baselines.contestants(selections, pool.records(), size, run.output.scratch / "near", targets)

        with run.stage("judge", "ask the models"):
            judgements = judges.judge_all(
                [contestant.sample.payloads for contestant in contestants],
                [text_of(sample.payloads, held_out.MOST_BYTES) for sample in held_outs.values()],
                size.target,
                config.run.threads(),
                [question for task in tasks for question in task.questions],
                section.models,
                run.say,
            )

        fingerprints = {name: manifest["input"]["fingerprint"] for name, manifest in manifests.items()}
        changed = [name for name, fingerprint in fingerprints.items() if fingerprint != pool.summary.fingerprint]
        manifest = run.manifest(
            input={**place.model_dump(mode="json"), **input_part(pool.summary, corpus.origin), "changed": changed},
            targets=[target.model_dump(mode="json") for target in wanted],
            **results(contestants, judgements, held_outs, tasks, known, size, _labels(manifests)),
        )
        run.publish(manifest, evaluate_page(manifest))
    return manifest


def pool_of(manifests: Mapping[str, Manifest]) -> Input:
    """Return the pool that all selections were made from.

    Args:
        manifests: of the selections, by name.

    Raises:
        ConfigError: when they come from several pools, or from a version whose ``input`` this one cannot read.
    """
    if len({manifest["input"]["fingerprint"] for manifest in manifests.values()}) > 1:
        raise ConfigError(f"input: missing; {' and '.join(manifests)} were made from different pools: which is meant?")
    name, manifest = next(iter(manifests.items()))
    try:
        place = validate(SelectInput, manifest["config"]["input"])
    except ConfigError as error:
        raise ConfigError(f"input: missing; that of {name} is of version {manifest.get('version')}: {error}") from None
    return Input.model_validate(place.model_dump(include=set(Input.model_fields)))


def _labels(manifests: Mapping[str, Manifest]) -> dict[str, str]:
    """Return what each selection is called as a baseline of others.

    That is its rule, where all selections of the rule differ in their seeds alone, and else its name.

    Args:
        manifests: of the selections, by name.
    """
    ways: dict[str, set[str]] = {}
    for manifest in manifests.values():
        config = manifest["config"]
        way = json.dumps([config["select"], config.get("codec"), config.get("render")], sort_keys=True)
        ways.setdefault(_rule(manifest), set()).add(way)
    return {name: _rule(manifest) if len(ways[_rule(manifest)]) == 1 else name for name, manifest in manifests.items()}


def _rule(manifest: Manifest) -> str:
    return f"rule {manifest['config']['select']['rule']}"


def tasks_of(spark: SparkSession, places: Sequence[Task]) -> list[TaskQuestions]:
    """Read the tasks; each is called by the last part of its path."""
    names = named([name_of(place) for place in places])
    return [
        read_task(name, place, read_with_origin(spark, place)[0]) for name, place in zip(names, places, strict=True)
    ]


def _targets(open_corpus: OpenCorpus, places: Sequence[Target]) -> list[TargetText]:
    return [
        importance.read_target(name_of(place), place.weight, open_corpus(place, "evaluate.target")) for place in places
    ]


def held_outs_of(open_corpus: OpenCorpus, places: Sequence[Input], pool: Input, by: str | None) -> dict[str, Sample]:
    """Read the held-out sets, by name.

    Args:
        open_corpus: opens a set.
        places: where the sets are.
        pool: how sets are read that do not say otherwise, if they have its columns.
        by: a column whose values are sets of their own, or None.

    Raises:
        InputError: when a set lacks that column.
    """
    names = named(list(map(name_of, places)))
    drawn: dict[str, Sample] = {}
    for name, place in zip(names, places, strict=True):
        (keys,) = read_as(pool.model_dump(exclude_unset=True), [place.model_dump(exclude_unset=True)])
        try:
            corpus = _of_source(open_corpus, Input.model_validate(keys), by)
        except InputError as error:
            try:
                corpus = _of_source(open_corpus, place, by)
            except InputError:
                raise InputError(f"evaluate.held_out {name_of(place)}: {error}") from None
        drawn |= held_out.sets(corpus, name, by)
    return drawn


def _of_source(open_corpus: OpenCorpus, place: Input, by: str | None) -> Corpus:
    columns = place.columns if by is None else place.columns.model_copy(update={"source": by})
    return open_corpus(place.model_copy(update={"columns": columns}), "evaluate.held_out")


def named(paths: Sequence[str]) -> dict[str, str]:
    """Return paths by their last parts, or by the whole paths where two last parts are equal.

    Raises:
        ConfigError: when a path appears twice.
    """
    if len(set(paths)) < len(paths):
        raise ConfigError(f"evaluate: a path appears twice in {', '.join(paths)}")
    last = [path.rstrip("/").rpartition("/")[2] for path in paths]
    return dict(zip(last if len(set(last)) == len(last) else paths, paths, strict=True))


JOB = Job(run, show)
