"""Records: the dialects of training sets, and the bytes that are compressed."""
