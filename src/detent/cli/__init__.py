"""Words, flags and exit codes: the only package that talks to the terminal."""
