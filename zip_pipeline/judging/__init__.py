"""The jobs ``evaluate`` and ``split``."""
