"""Cached sessions: their records on disk, and getting a new session by a plan."""
