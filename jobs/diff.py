"""`spark-submit jobs/diff.py --config FILE`: see docs/commands.md, or --help."""

import sys
from pathlib import Path

# This folder holds a select.py. Off the path it cannot hide the standard library's module `select`.
HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(path for path in sys.path if Path(path).resolve() != HERE)]

from zip_pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main(["diff", *sys.argv[1:]]))
