"""The command line: the way in, the call of a command, and the one place that reports errors."""
