"""Replacing an access key, with a working one on disk at every moment."""
