"""Engines: text in, arrays or text out. They know models and devices, and nothing of memories."""
