"""What several tests use: the STS, real shells and terminals, stand-ins for other services."""
