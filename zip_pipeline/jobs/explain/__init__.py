"""The job ``explain``."""
