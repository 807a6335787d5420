"""From a question to the turns that bear on it."""
