"""Replacing an access key, with a working key on disk at every moment.

May import doctor, listing, console, serving, fast and what is below.
"""
