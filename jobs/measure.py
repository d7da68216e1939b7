"""`spark-submit jobs/measure.py --config FILE`: see the README, or --help."""

import sys
from pathlib import Path

# This folder holds a select.py, which the standard library's own must win over.
HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(path for path in sys.path if Path(path).resolve() != HERE)]

from zip_pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main(["measure", *sys.argv[1:]]))
