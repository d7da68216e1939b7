"""The selection rules, without Spark, config, files or printing."""
