"""Tables of Spark's catalogs: what they are, their versions, and rows that go there."""
