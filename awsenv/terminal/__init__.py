"""The user's terminal: asking and answering, on POSIX systems and on Windows.

May import config, storage, values and what is below.
"""
