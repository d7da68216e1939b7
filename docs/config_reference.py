"""Writes the config reference, ``docs/config.md``, from the classes that check a config.

    python docs/config_reference.py             # writes the page
    python docs/config_reference.py --check     # fails when the page is out of date

Keys, types, defaults and meanings come from the pydantic fields in ``zip_pipeline/config``. Only the introduction and
the notes on units stand here.
"""

import sys
from pathlib import Path

from zip_pipeline.config import JOBS
from zip_pipeline.config.guide.keys import Key, all_keys, default, value

PAGE = Path(__file__).parent / "config.md"

INTRODUCTION = """\
# Config

<!-- docs/config_reference.py writes this page from zip_pipeline/config; `make docs` runs it. Edit the fields there. -->

A config is a YAML file. Pass it with `--config FILE`; `--set dotted.key=value` overrides a key, and the value is YAML
too. A command-line argument such as `--budget` is short for a key. Unknown keys are refused with the nearest right
name. One file may hold the keys of several jobs: each job reads its own. Every key has a default, except those marked
**required**.

    zip-pipeline select --config conf/select.yaml \\
      --set select.budget=5% --set input.columns.id=key

The folder `conf/` holds a file for each purpose:

| file | purpose |
|---|---|
| `conf/select.yaml` | `select` with its defaults |
| `conf/select.paper.yaml` | the published rule with the paper's numbers |
| `conf/select.reference.yaml` | the selection of the reference program |
| `conf/select.delta.yaml` | from one version of a Delta table into Delta tables |
| `conf/select.cluster.yaml` | every night on a cluster, into the same Delta tables |
| `conf/deduplicate.yaml` | `deduplicate` with its defaults |
| `conf/demo.yaml` | what `make demo` runs |
| `conf/evaluate.yaml` | compare two selections |
| `conf/measure.yaml` | measure data sets |
| `conf/loglikelihood.yaml` | log-probabilities of documents under language models |
| `conf/law.fit.yaml`, `conf/law.check.yaml`, `conf/law.rank.yaml` | the entropy law |
| `conf/spark-defaults.conf` | Spark's settings for a cluster |
| `conf/spark-s3.conf` | Spark's settings for S3, which hold for the driver's reader too |
| `conf/spark-iceberg.conf` | Spark's settings for tables of Iceberg |

| value | how to write it |
|---|---|
| size | a number of bytes, or `64KB`, `200MB`, `1GB`; 1 KB is 1,024 bytes |
| amount | a number of records, a size of payload such as `200MB`, or a share of the records of the input such as `5%` |
| share | a number between 0 and 1, or a percentage such as `5%` |
| place | the keys of `input`: `{path: held_out.parquet, where: "lang = 'en'"}` |

A path without a scheme is a path of this machine, on a cluster too.
"""

SECTIONS = {
    "input": "What to read. The law's jobs read tables, not records, so they take the first five keys only.",
    "output": "Where the output goes. [Output](output.md) says what is in it, and what happens to an earlier one.",
    "render": "What the codec compresses of a record. [Concepts](concepts.md#payloads) shows the bytes.",
    "codec": "The compressor that measures redundancy. [Rules](rules.md#codecs) compares the choices.",
    "select": "The rule and the budget. [Rules](rules.md) explains rules, budgets and quotas.",
    "run": "How the job runs. [Scaling](scaling.md) says which settings a large pool needs.",
    "history": "A table of versions over time. [Measure](measure.md#versions-over-time) shows how to use it.",
    "split": "What to hold out. [Evaluation](evaluation.md) shows how to use it.",
    "evaluate": "What to compare. [Evaluation](evaluation.md) explains the tables.",
    "explain": "Which records to explain. [Output](output.md#why-was-this-record-taken-or-left) shows how to use it.",
    "diff": "What to compare a run with. [Output](output.md#what-changed-since-the-last-run) shows how to use it.",
    "measure": "What to measure. [Measure](measure.md) explains the numbers.",
    "loglikelihood": "Which models, and how they read. [Log-probabilities](loglikelihood.md) explains the table.",
    "fit": "How `law fit` reads its table. [The entropy law](entropy-law.md) explains the line.",
    "check": "How `law check` judges versions. [The entropy law](entropy-law.md#check) explains the verdicts.",
    "export": "What `export` writes. [Training](training.md) shows how to use it.",
    "clean": "What `clean` looks for. [Output](output.md#what-killed-runs-leave) says what runs leave.",
    "rank": "How `law rank` reads its table. [The entropy law](entropy-law.md#rank) explains the numbers.",
}
"""Top-level keys in the order of the page, and a line on each."""


def page() -> str:
    """Return the text of the page."""
    keys = all_keys()
    lines = [INTRODUCTION]
    for section, line in SECTIONS.items():
        rows = {dotted: key for dotted, key in keys.items() if dotted.partition(".")[0] == section}
        jobs = [job for job in JOBS if any(job in key.jobs for key in rows.values())]
        lines += [f"## {section}", "", line, "", f"Read by {_names(jobs)}.", ""]
        lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
        lines += [row(dotted, key, jobs) for dotted, key in rows.items()]
        lines.append("")
    return "\n".join(lines)


def row(dotted: str, key: Key, jobs: list[str]) -> str:
    """Return the table row of a key; it names the jobs when not all of the section's jobs read the key."""
    absent = [job for job in jobs if job not in key.jobs]
    only = f" Only {_names(key.jobs)}." if absent else ""
    if absent and all(job.startswith("law ") for job in absent):
        only = " Not for the law's jobs."
    initial = default(key.info)
    if initial is None:
        initial = "" if "." in dotted.partition(".")[2] else "**required**"
    else:
        initial = "" if initial == "null" else f"`{initial}`"
    return f"| `{dotted}` | {value(key.info)} | {initial} | {key.info.description}{only} |".replace("|  |", "| |")


def _names(jobs: list[str]) -> str:
    quoted = [f"`{job}`" for job in jobs]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def main(arguments: list[str]) -> int:
    """Write the page, or compare it with the file."""
    text = page()
    if "--check" in arguments:
        stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text
        if stale:
            print(f"{PAGE} is out of date; run make docs", file=sys.stderr)
        return int(stale)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
