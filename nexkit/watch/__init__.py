"""Watching: light measuring that goes on for hours, finds the moments of trouble, and has each of them diagnosed.

`record.py` what comes of it, `detect.py` from light samples to episodes, `light.py` the light rounds, `watcher.py` the
engine, `journal.py` what is kept of it while it goes on.
"""
