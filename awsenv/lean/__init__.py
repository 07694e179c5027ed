"""Quick stand-ins for standard-library modules that take too long to load.

Each behaves like its model.

May import nothing of awsenv.
"""
