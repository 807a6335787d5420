"""A memory as a page to look at."""
