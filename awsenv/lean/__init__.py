"""Stand-ins for standard-library modules that take too long to load, each like its model.

Imports nothing of awsenv.
"""
