"""Sessions saved as profiles in the AWS files: written, renewed, and traced to where they come from."""
