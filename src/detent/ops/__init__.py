"""One use case per module: read, decide by calling down, write."""
