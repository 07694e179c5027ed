"""The user's terminal: asking and answering, on POSIX systems and on Windows."""
