"""Quick stand-ins for standard-library modules that take too long to load.

Each behaves like its model. Imports nothing of awsenv.
"""
