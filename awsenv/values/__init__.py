"""Small types and pure conversions that every room uses; imports only `lean` and `errors`."""
