"""Run a notebook's cells as a kernel does, and keep what it would show.

    python tests/support/notebook.py NOTEBOOK

runs it on a Spark Connect server without a JVM, in a process of its own: sessions of both kinds do not mix.
"""

import ast
import json
import os
import sys
from pathlib import Path
from typing import Any


def run(notebook: Path) -> tuple[dict[str, Any], list[str]]:
    """Run the code cells in one namespace; return it, and the HTML of the last expression of each cell that has one."""
    names: dict[str, Any] = {}
    shown = []
    for cell in json.loads(notebook.read_text())["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)  # noqa: S102 - our own notebook
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307
            shown.append(value._repr_html_() if hasattr(value, "_repr_html_") else repr(value))
    return names, shown


if __name__ == "__main__":
    from pysail.spark import SparkConnectServer

    from zip_pipeline.spark.removals import small_pools

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    os.environ["SPARK_REMOTE"] = "sc://{}:{}".format(*server.listening_address)
    small_pools.MOST_RECORDS = 0  # the server's executors find near-duplicates, too
    names, shown = run(Path(sys.argv[1]))
    picks = [[row["id"], row["zip_set_ratio"]] for row in names["chosen"].collect()]
    print(json.dumps({"session": type(names["spark"]).__module__, "picks": picks, "shown": len(shown)}))
