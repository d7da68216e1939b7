"""How the driver reaches stores that are not a disk: with Spark's own settings, and in the same words each."""
