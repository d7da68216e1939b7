"""What people can type: the commands and their arguments, with help and examples. Nothing here imports Spark."""

from zip_pipeline.commands.arguments import SHORTCUTS, Shortcut
from zip_pipeline.commands.jobs import COMMANDS, FAMILIES, Command

__all__ = ["COMMANDS", "FAMILIES", "SHORTCUTS", "Command", "Shortcut"]
