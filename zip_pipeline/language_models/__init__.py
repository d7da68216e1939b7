"""Small language models that judge a selection; nothing is imported here, since worker processes fork."""
