"""What ``--dry-run`` has in common over all jobs: a sample, measured rates, an estimate, and what people see."""
