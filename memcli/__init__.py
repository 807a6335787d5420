"""memcli: a local-first memory for conversations."""

__version__ = "0.1.0"
