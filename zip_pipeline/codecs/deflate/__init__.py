"""Exact deflate sizes without a deflated byte: start with `size`."""
