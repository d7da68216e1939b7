"""Statistics: regressions, intervals, drift."""
