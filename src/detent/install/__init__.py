"""From the store into an environment: what to change, and changing it safely."""
