"""The layouts in which questions with known answers are published, one a file."""
