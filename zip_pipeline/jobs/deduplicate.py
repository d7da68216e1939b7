"""The job ``deduplicate``: leave out what duplicates and benchmarks have of a pool, and write the rows that stay.

It is these steps of `select` by themselves: the same keys, the same records, and the same counts and warnings.
"""

from rich.console import Console

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import DeduplicateConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs import contamination, removals
from zip_pipeline.jobs.base import Job, Run
from zip_pipeline.jobs.checkpoint import Checkpoint
from zip_pipeline.jobs.duplicates import priorities_of
from zip_pipeline.jobs.manifest import input_part, rejections
from zip_pipeline.report.console import Reporter, for_console, say_where
from zip_pipeline.report.page import Page, Section, Table, foot, html
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import picked_rows
from zip_pipeline.spark.io.reader import files_of
from zip_pipeline.spark.removals.earlier_outputs import identity
from zip_pipeline.spark.scored_pool import ScoredPool

NAMES = {"decontamination": "contaminated", "exclusion": "duplicates of earlier ones", "deduplication": "duplicates"}
"""By the manifest's part on a step: what people call the records that it leaves out."""


def run(config: DeduplicateConfig, reporter: Reporter) -> Manifest:
    """Leave out records of a pool; return the manifest."""
    with Run("deduplicate", config, reporter) as run:
        with run.stage("read", "read the pool"):
            config = run.pin()
            corpus, section = run.open_corpus(config.input), config.input.deduplicate
            scorer = corpus.scorer("content", NullCodec(), section.compared)
            priorities = priorities_of(corpus, scorer, config.input.prefer)
            run.say(*contamination.check(run.spark, config.input.decontaminate))
            removals.check_output(config.output.path, config.input.exclude)
            inputs = []
            if config.run.checkpoint is not None:
                inputs = [files_of(rows) for rows in (corpus.rows, *removals.tables(run.spark, config.input))]
            checkpoint = Checkpoint(config, scorer.build, inputs, run.output.scratch)
            pool = ScoredPool.create(corpus, scorer, checkpoint.stages)
            pool.require_usable(config.input.on_bad_record)

        with run.stage("deduplicate", "find the duplicates"):
            sizes = pool.summary.records_by_source()
            left = removals.leave_out(pool.records(), sizes, config.input, checkpoint.stages, priorities)
            run.say(*left.first_lines())

        with run.stage("write", "write what stays"):
            left.write(run.output)
            if section.keep_index:
                run.output.write(left.index(), schema.SIGNATURES_TABLE)
            if pool.summary.rejected:
                run.output.write(pool.rejected(), schema.REJECTED_TABLE)
            kept = picked_rows.remaining_rows(corpus, scorer, pool, left.ids())
            rows, expected = run.output.write(kept, schema.KEPT_TABLE), left.records
            if rows != expected:
                raise InputError(
                    f"the input changed during the run: of {expected:,} records that stay {rows:,} are there"
                )

        manifest = run.manifest(
            input={**input_part(pool.summary, corpus.origin), **left.counts()},
            **left.parts(),
            **({"index": identity(section, "content")} if section.keep_index else {}),
        )
        run.publish(manifest, deduplicate_page(manifest), schema.KEPT_TABLE)
        run.say(*checkpoint.remove())
    return manifest


def show(console: Console, manifest: Manifest) -> None:
    """Print how many records stay and leave, the sources that they leave, and the warnings."""
    console.print(for_console(_records(manifest)))
    removals.show(console, manifest)
    if line := rejections(manifest):
        console.print(line, markup=False)
    say_where(console, manifest)


def deduplicate_page(manifest: Manifest) -> str:
    """Return the page of `deduplicate`."""
    place, section = manifest["config"]["input"], manifest["config"]["input"]["deduplicate"]
    kinds = {"exact": ", equal payloads", "near": f", near-duplicates from {section['threshold']:g} on", "none": ""}
    lead = f"{place.get('path') or place.get('table')}{kinds[section['kind']]}."
    sections = [Section(tables=[_records(manifest)]), *removals.sections(manifest)]
    page = Page("A pool without duplicates", lead, (), removals.warnings(manifest), sections, foot(manifest))
    return html(page)


def _records(manifest: Manifest) -> Table:
    """Return where the records of the input are; the rows add up."""
    part = manifest["input"]
    removed = {name: manifest[key] for key, name in NAMES.items() if key in manifest}
    kept, kept_bytes = (part[key] - sum(step[key] for step in removed.values()) for key in ("records", "raw_bytes"))
    rows = [("kept", f"{kept:,}", f"{kept_bytes:,}")]
    rows += [(name, f"{step['records']:,}", f"{step['raw_bytes']:,}") for name, step in removed.items()]
    rows.append(("rejected", f"{part['rejected']:,}", ""))
    return Table(("", "records", "bytes"), rows, [("all of the input", f"{part['records'] + part['rejected']:,}", "")])


JOB = Job(run, show)
