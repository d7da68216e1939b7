"""The jobs: one module or folder a command."""
