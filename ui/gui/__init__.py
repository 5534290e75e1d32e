"""The wizard: Qt widgets around the same run that the command line makes."""
