"""Exact deflate sizes without writing a deflate stream; `anchor` gives the reading order."""
