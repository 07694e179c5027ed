"""Replacing an access key, with a working key available at every moment."""
