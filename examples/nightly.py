r"""One night on a lake that grows: choose from the new rows, check the set, publish what was chosen.

    python examples/nightly.py LAKE NIGHT --budget 1000

The rows of a night lie in LAKE/pool/NIGHT, and a later night has a greater name, such as 2026-11-30. Only these rows
are read, scored and compared. What earlier nights chose is known from its index: the new records extend it.

The exit code is that of the step that ended the night: 0 published, 3 at risk and not published, 1 and 2 as in
docs/schedules.md.
"""

import argparse
import sys
from pathlib import Path

from zip_pipeline import cli


def main(arguments: list[str] | None = None) -> int:
    """Run the steps of a night, each after the one before it has succeeded; return the exit code."""
    parser = argparse.ArgumentParser(prog="python examples/nightly.py", description="Choose from one night's rows.")
    parser.add_argument("lake", type=Path, help="holds pool/NIGHT; the other folders are made")
    parser.add_argument("night", help="the name of the night")
    parser.add_argument("--budget", default="1000", help="how much to choose each night; default: 1000 records")
    given = parser.parse_args(arguments)
    for step in steps(given.lake, given.night, given.budget):
        if (code := cli.run(step)) != 0:
            return code
    return 0


def steps(lake: Path, night: str, budget: str) -> list[list[str]]:
    """Return the three commands of a night."""
    chosen, history = lake / "selected" / night, lake / "history"
    select = ["select", "--input", str(lake / "pool" / night), "--output", str(chosen), "--budget", budget]
    keys = ["input.deduplicate.keep_index=true", f"history.path={history}", "history.name=nightly"]
    published = sorted(file.stem for file in (lake / "published").glob("*.jsonl") if file.stem < night)
    if published:
        keys.append(f"select.extend={{path: {lake / 'selected' / published[-1]}}}")
    keys.append("output.mode=overwrite")  # a second try of a night
    check = ["law", "check", "--history", str(history), "--output", str(lake / "checked" / night), "--fail-on-risk"]
    export = ["export", "--selection", str(chosen), "--output", str(lake / "published" / f"{night}.jsonl")]
    again = ["--set", "output.mode=overwrite"]
    return [select + [part for key in keys for part in ("--set", key)], check + again, export + again]


if __name__ == "__main__":
    sys.exit(main())
