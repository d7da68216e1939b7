"""Spark: the DataFrame API only, so that everything also runs through Spark Connect."""
