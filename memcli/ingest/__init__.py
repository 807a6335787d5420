"""From files of any known format to turns in the store."""
