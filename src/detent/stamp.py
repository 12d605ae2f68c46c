"""What the last sync left true, and the version of detent that said so.

Imports nothing that a bare interpreter has not loaded already: `quick` answers from here before the command
line is imported.
"""

VERSION = "0.1.0"
"""The one place the version stands; the build reads it from here."""
