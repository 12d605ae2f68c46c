"""The cache on disk: a checked set of objects, shared by every environment."""
