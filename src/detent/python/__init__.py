"""The outside on this machine: interpreters and virtual environments."""
