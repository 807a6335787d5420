"""Scripts that make the shipped model files from the published weights. Not used at run time."""
