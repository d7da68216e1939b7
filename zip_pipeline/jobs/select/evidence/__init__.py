"""What the page of a selection shows of its records: picks, near misses, what was left out, and why."""
