"""The faces of the kit: command line and wizard; the only place that knows all parts."""
