"""The memory in a process that stays: for other programs, over a protocol."""
