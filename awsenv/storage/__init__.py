"""awsenv's own files: where they are, how they are written, and the format of a record.

May import config, terminal, values and what is below.
"""
