"""The job ``evaluate``."""
