"""The command line: the entry point, calling commands, and the one place that reports errors."""
