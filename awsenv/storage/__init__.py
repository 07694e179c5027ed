"""awsenv's own files: where they are, how they are written, and the format of a record."""
