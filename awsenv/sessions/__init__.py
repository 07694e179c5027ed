"""Cached sessions: their records on disk, and getting a new session by a plan.

May import saved, mfa and what is below.
"""
