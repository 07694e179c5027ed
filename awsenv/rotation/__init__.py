"""Replacing an access key, with a working key on disk at every moment."""
