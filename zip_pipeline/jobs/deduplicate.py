"""The job ``deduplicate``: leave out the duplicates of a pool, and write the rows that stay.

It is the step of `select` by itself: the same keys, the same records, and the same counts and warnings.
"""

from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import DeduplicateConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.checkpoint import Checkpoint
from zip_pipeline.jobs.duplicates import (
    duplicates_sections,
    first_lines,
    priorities_of,
    remove,
    show_duplicates,
    warning_lines,
)
from zip_pipeline.jobs.manifest import input_part
from zip_pipeline.report.console import Reporter, for_console, say_where
from zip_pipeline.report.page import Page, Section, Table, foot, html
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import picked_rows
from zip_pipeline.spark.io.reader import files_of, pin_version
from zip_pipeline.spark.scored_pool import ScoredPool


def run(config: DeduplicateConfig, reporter: Reporter) -> Manifest:
    """Leave out the duplicates of a pool; return the manifest."""
    with Run("deduplicate", config, reporter) as run:
        with run.stage("read", "read the pool"):
            config = run.amend(input=pin_version(run.spark, config.input))
            corpus, section = run.open_corpus(config.input), config.input.deduplicate
            scorer = corpus.scorer("content", NullCodec(), section.compared)
            priorities = priorities_of(corpus, scorer, config.input.prefer)
            inputs = [files_of(corpus.rows)] if config.run.checkpoint is not None else []
            checkpoint = Checkpoint(config, scorer.build, inputs, run.output.scratch)
            pool = ScoredPool.create(corpus, scorer, checkpoint.stages)
            pool.require_usable(config.input.on_bad_record)

        with run.stage("deduplicate", "find the duplicates"):
            sizes = pool.summary.records_by_source()
            removal = remove(pool.records(), sizes, section, checkpoint.stages, priorities)
            run.say(*first_lines(removal.part))

        with run.stage("write", "write what stays"):
            run.output.write(removal.duplicates, schema.DUPLICATES_TABLE)
            if pool.summary.rejected:
                run.output.write(pool.rejected(), schema.REJECTED_TABLE)
            kept = picked_rows.remaining_rows(corpus, scorer, pool, removal.duplicates)
            rows, expected = run.output.write(kept, schema.KEPT_TABLE), pool.summary.records - removal.records
            if rows != expected:
                raise InputError(
                    f"the input changed during the run: of {expected:,} records that stay {rows:,} are there"
                )

        manifest = run.manifest(input=input_part(pool.summary, corpus.origin), deduplication=removal.part)
        run.publish(manifest, deduplicate_page(manifest))
        checkpoint.remove()
    return manifest


def show(console: Console, manifest: Manifest) -> None:
    """Print how many records stay and leave, the sources that they leave, and the warnings."""
    console.print(for_console(_records(manifest)))
    show_duplicates(console, manifest)
    say_where(console, manifest)


def deduplicate_page(manifest: Manifest) -> str:
    """Return the page of `deduplicate`."""
    place, section = manifest["config"]["input"], manifest["config"]["input"]["deduplicate"]
    criterion = "equal payloads" if section["kind"] == "exact" else f"near-duplicates from {section['threshold']:g} on"
    lead = f"{place.get('path') or place.get('table')}, {criterion}."
    sections = [Section(tables=[_records(manifest)]), *duplicates_sections(manifest)]
    page = Page("A pool without duplicates", lead, (), warning_lines(manifest), sections, foot(manifest))
    return html(page)


def _records(manifest: Manifest) -> Table:
    """Return where the records of the input are; the rows add up."""
    part, removed = manifest["input"], manifest["deduplication"]
    kept, kept_bytes = part["records"] - removed["records"], part["raw_bytes"] - removed["raw_bytes"]
    rows = [
        ("kept", f"{kept:,}", f"{kept_bytes:,}"),
        ("duplicates", f"{removed['records']:,}", f"{removed['raw_bytes']:,}"),
        ("rejected", f"{part['rejected']:,}", ""),
    ]
    return Table(("", "records", "bytes"), rows, [("all of the input", f"{part['records'] + part['rejected']:,}", "")])


JOB = Job(run, show)
