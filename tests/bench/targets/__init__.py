"""Which rule chooses best for a target, and for none: tables over pools, domains and seeds, without Spark.

    make target-tables

`study.yaml` says what is read and judged. `python -m bench.targets` has the steps one by one.
"""
