"""The records that leave a pool, found on Spark: near-duplicates, equal ones, earlier ones, those of benchmarks."""
