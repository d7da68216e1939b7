"""Runs commands one after another on one Spark, as a notebook's user would: arguments come as lines of JSON on stdin,
and exit code and what people read go to stdout the same way."""

import contextlib
import io
import json
import sys

from zip_pipeline import cli

for line in sys.stdin:
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        code = cli.run(json.loads(line))
    print(json.dumps([code, said.getvalue()]), flush=True)
