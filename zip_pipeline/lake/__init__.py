"""The Spark edge: DataFrame API only, so that it also runs through Spark Connect."""
