"""Small types and pure conversions that every room uses. Imports `lean` and `errors` alone."""
