"""The outside over HTTP: package indexes and the files they serve."""
