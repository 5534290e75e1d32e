"""Watching: light measuring that goes on for hours, finds the moments of trouble, and has each of them diagnosed.

`watcher.py` is the engine. It has `watch_clock.py` for the time, `light.py` and `rounds.py` for whom to ask and when,
`detect.py` for what is trouble, `episodes.py` and `diagnosis_runs.py` for what follows, `minutes.py` for the summary,
`budget.py` for what it may cost, and `logbook.py` for what is kept and told. `record.py` is what comes of it, and
`journal.py` how that is put together, live and from the disk.
"""
