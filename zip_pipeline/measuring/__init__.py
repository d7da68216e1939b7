"""The job ``measure``."""
