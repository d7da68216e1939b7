"""The job ``export``: a selection as files for a trainer or another program."""
