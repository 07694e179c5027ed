"""AWS credentials for the shell, from one MFA code a day."""

__version__ = "0.1.0"
