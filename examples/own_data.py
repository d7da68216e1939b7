r"""Choose from a pool of your own, and read the choice back for training.

    python examples/own_data.py FOLDER

The script writes a small pool to FOLDER/pool.parquet, runs the job ``select`` on it, and reads FOLDER/out/selection.
Put your own rows in place of `my_rows`. A row needs its text; ``id`` and ``source`` are optional, and other columns
stay as they are.
"""

import argparse
import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zip_pipeline import cli

BUDGET = 20
WORDS = ["salt", "flour", "sugar", "butter", "lemon", "water", "stone", "paper", "river", "cloud"]


def main(arguments: list[str] | None = None) -> list[dict[str, Any]]:
    """Write a pool, select from it, and return the chosen rows in the order of picking."""
    parser = argparse.ArgumentParser(prog="python examples/own_data.py", description="Select from a small pool.")
    parser.add_argument("folder", type=Path, help="where the pool and the output go")
    folder: Path = parser.parse_args(arguments).folder

    folder.mkdir(parents=True, exist_ok=True)
    pool = folder / "pool.parquet"
    pq.write_table(pa.Table.from_pylist(my_rows()), pool)

    command = ["select", "--input", str(pool), "--output", str(folder / "out"), "--budget", str(BUDGET)]
    # Of near-duplicates keep the row with the highest grade; give each source half of the budget.
    settings = ["input.prefer=grade", "select.quotas={recipes: {share: 0.5}, letters: {share: 0.5}}"]
    for setting in [*settings, "output.mode=overwrite"]:
        command += ["--set", setting]
    if (code := cli.run(command)) != 0:
        raise SystemExit(code)

    chosen: list[dict[str, Any]] = pq.read_table(folder / "out/selection").sort_by("zip_rank").to_pylist()
    for row in chosen[:3]:
        print(f"{row['zip_rank']:>3}  {row['source']:<8} {row['messages'][1]['content'][:70]}")
    return chosen


def my_rows(records: int = 120) -> list[dict[str, Any]]:
    """Make chats of two sources; every fourth one repeats the chat before it in other words."""
    rows: list[dict[str, Any]] = []
    for number in range(records):
        text = " ".join(WORDS[int(letter, 16) % 10] for letter in hashlib.sha256(b"%d" % number).hexdigest()[:30])
        if number % 4 == 3:
            text = f"{rows[-1]['messages'][1]['content']} again"
        rows.append(
            {
                "id": f"row-{number:03d}",
                "source": "recipes" if number % 8 < 4 else "letters",
                "grade": number * 37 % 101 / 100,
                "messages": [
                    {"role": "user", "content": f"Write number {number}."},
                    {"role": "assistant", "content": text},
                ],
            }
        )
    return rows


if __name__ == "__main__":
    main()
