"""Tasks: all code that runs on executors; Arrow batches in, Arrow batches out.

The driver makes the tasks. It also uses some of their parts itself, such as `score.rows_of` for a dry run's sample.

An executor has no pydantic, PyYAML, rich or matplotlib. So tasks import only `records`, `codecs`, `dedup`,
`selection`, `stats`, `schema` and `errors`. A task is a function or a method of a small frozen object, which Spark
pickles on the driver. Nothing here imports pyspark: tests call tasks with Arrow batches.
"""
