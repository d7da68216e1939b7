"""Codecs: how many bytes a set compresses to."""
