"""How good the memory is, measured on questions whose answers are known."""
