"""The project's own document: pyproject.toml as text, as values, and as an edit."""
