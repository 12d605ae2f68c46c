"""The resolver: which versions to lock, proven, for every environment at once."""
