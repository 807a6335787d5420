"""One module a format; each has a READER and is listed in detect."""
