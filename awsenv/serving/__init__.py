"""Credentials for a command that outlives a session: `awsenv exec --server`.

May import doctor, listing, rotation, console, fast and what is below.
"""
