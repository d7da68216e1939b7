"""Select and score over Spark Connect; `test_connect` runs it in a process of its own: sessions of both kinds do not mix.

    python tests/support/over_connect.py SERVER POOL

SERVER is what `SparkSession.builder.remote` takes, or ``sail``. What comes out goes to stdout, as JSON.
"""

import json
import sys

from pyspark.sql import SparkSession

import zip_pipeline
from zip_pipeline.spark.removals import small_pools

SERVERS: list[object] = []
"""Sail's, which ends when nobody holds it."""

ASKED = {"budget": 40, "k1": 30, "k2": 12, "k3": 8, "workers": 2}


def session(server: str) -> SparkSession:
    if server == "sail":
        from pysail.spark import SparkConnectServer

        started = SparkConnectServer("127.0.0.1", 0)
        started.start(background=True)
        SERVERS.append(started)
        server = "sc://{}:{}".format(*started.listening_address)
    return SparkSession.builder.remote(server).config("spark.ui.enabled", "false").getOrCreate()


def outcome(spark: SparkSession, pool: str) -> dict[str, list[list[object]]]:
    rows = spark.read.parquet(f"file://{pool}")
    chosen = zip_pipeline.select(rows, **ASKED)
    aimed = zip_pipeline.select(rows, target=rows.where("id < 'r0010'"), **ASKED)
    scores = zip_pipeline.score(rows)
    return {
        "aimed": [[row["id"], row["zip_rank"], row["zip_set_ratio"]] for row in aimed.collect()],
        "selected": [[row["id"], row["quality"], row["zip_rank"], row["zip_set_ratio"]] for row in chosen.collect()],
        "scores": sorted([row["id"], row["raw_bytes"], row["compressed_bytes"]] for row in scores.collect()),
    }


if __name__ == "__main__":
    small_pools.MOST_RECORDS = 0  # the server's executors find what a classic session's driver found
    print(json.dumps(outcome(session(sys.argv[1]), sys.argv[2])))
