"""The example of the core runs without Spark and selects what it says."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "core_selection.py"


def test_the_example_selects_without_spark_or_a_config() -> None:
    hidden = "import sys; sys.modules.update(dict.fromkeys(['pyspark', 'pydantic', 'yaml', 'rich', 'matplotlib']))\n"
    code = f"{hidden}import runpy; runpy.run_path({str(EXAMPLE)!r}, run_name='__main__')"
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(lines) == 21
    *picks, everything = lines
    assert len({line.split()[1] for line in picks}) == 20
    assert float(picks[-1].split()[-1]) < float(everything.split()[-1]), "the selection is less redundant"
