"""Credentials for a command that outlives a session: `awsenv exec --server`."""
