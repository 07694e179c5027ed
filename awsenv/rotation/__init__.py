"""Replacing an access key, with a working key at hand at every moment."""
