"""Store: rows and files. DuckDB keeps the truth, LanceDB a derived index; no models, no prompts."""
