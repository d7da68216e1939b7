"""Tasks: all code that runs on executors, and nothing else; Arrow batches in, Arrow batches out.

An executor has no pydantic, PyYAML, rich or matplotlib. So tasks import only `records`, `codecs`, `dedup`,
`selection`, `stats`, `schema` and `errors`. A task is a function or a method of a small frozen object, which Spark
pickles on the driver. Nothing here imports pyspark: tests call tasks with Arrow batches.
"""
