"""The rule: no Spark, no config, no files, no printing."""
