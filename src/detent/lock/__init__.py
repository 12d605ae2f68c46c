"""The lock: PEP 751 text, its values, and every pure question asked of it."""
