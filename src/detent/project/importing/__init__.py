"""Projects of other tools, as texts, made into a pyproject.toml for detent and the versions they had."""
