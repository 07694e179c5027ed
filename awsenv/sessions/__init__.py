"""Cached sessions: their records on disk, and getting a new one by a plan."""
