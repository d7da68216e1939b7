"""`make law-demo`: the entropy law tried, on models trained here; see the README."""
