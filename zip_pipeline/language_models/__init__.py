"""Small language models that judge a selection. This module imports nothing, since the processes of `ppm` fork."""
