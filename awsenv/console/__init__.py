"""The AWS console in a browser."""
