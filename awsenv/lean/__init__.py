"""Stand-ins for modules of the standard library that take too long to load; each behaves as its model."""
