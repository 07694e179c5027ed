"""Sessions saved as profiles in the AWS files: written, renewed, traced to their origin."""
