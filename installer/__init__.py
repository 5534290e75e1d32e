"""Freezing and packaging; what runs on the machines of those who build, not in the program."""
