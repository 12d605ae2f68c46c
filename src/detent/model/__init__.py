"""The nouns: frozen values, pure functions over them, no disk, network, process or clock."""
