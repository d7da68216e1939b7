"""Reading JSON, CSV and text on the executors, where Spark's own readers lose or change records in silence."""
