"""Small types and pure conversions that every room uses.

May import errors and lean.
"""
