"""Data files with dates and sources: what changes without the program changing. Each has a loader beside it."""
