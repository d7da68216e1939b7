"""The jobs ``law fit``, ``law check`` and ``law rank``."""
