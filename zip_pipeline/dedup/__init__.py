"""Near-duplicates: shingles, MinHash signatures, groups."""
