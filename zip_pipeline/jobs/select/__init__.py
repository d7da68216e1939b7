"""The jobs ``select`` and ``score``."""
