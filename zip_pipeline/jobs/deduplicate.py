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
from zip_pipeline.jobs.manifest import amount_of_pool, funnel_part, input_part, rejections
from zip_pipeline.report.console import Reporter, for_console, say_where
from zip_pipeline.report.funnel import funnel_table, less
from zip_pipeline.report.page import Page, Section, foot, html
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import picked_rows
from zip_pipeline.spark.io.reader import files_of
from zip_pipeline.spark.removals.earlier_outputs import identity
from zip_pipeline.spark.scored_pool import ScoredPool


def run(config: DeduplicateConfig, reporter: Reporter) -> Manifest:
    """Leave out records of a pool; return the manifest."""
    with Run("deduplicate", config, reporter) as run:
        with run.stage("read", "read the pool") as stage:
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
            stage.done["records"] = pool.summary.read

        with run.stage("deduplicate", "find the duplicates") as stage:
            sizes = pool.summary.records_by_source()
            left = removals.leave_out(pool.records(), sizes, config.input, checkpoint.stages, priorities)
            run.say(*left.first_lines())
            stage.done["records"] = pool.summary.records

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

        whole = amount_of_pool(pool.summary)
        manifest = run.manifest(
            input={**input_part(pool.summary, corpus.origin), **left.counts()},
            **left.parts(),
            **({"index": identity(section, "content")} if section.keep_index else {}),
            funnel=funnel_part(pool.summary, left.amounts(), {"kept": less(whole, [*left.amounts().values()])}),
        )
        run.publish(manifest, deduplicate_page(manifest), schema.KEPT_TABLE)
        run.say(*checkpoint.remove())
    return manifest


def show(console: Console, manifest: Manifest) -> None:
    """Print how many records stay and leave, the sources that they leave, and the warnings."""
    console.print(for_console(funnel_table(manifest["funnel"], manifest["input"])))
    removals.show(console, manifest)
    if line := rejections(manifest):
        console.print(line, markup=False)
    say_where(console, manifest)


def deduplicate_page(manifest: Manifest) -> str:
    """Return the page of `deduplicate`."""
    place, section = manifest["config"]["input"], manifest["config"]["input"]["deduplicate"]
    kinds = {"exact": ", equal payloads", "near": f", near-duplicates from {section['threshold']:g} on", "none": ""}
    lead = f"{place.get('path') or place.get('table')}{kinds[section['kind']]}."
    table = funnel_table(manifest["funnel"], manifest["input"])
    sections = [Section(tables=[table]), *removals.sections(manifest)]
    page = Page("A pool without duplicates", lead, (), removals.warnings(manifest), sections, foot(manifest))
    return html(page)


JOB = Job(run, show)
