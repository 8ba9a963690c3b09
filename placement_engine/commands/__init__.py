"""One file a command, and what every command shares.

Modules here import nothing heavy at their top: `placement --help` reads them all. This is
the only layer that prints, reads the clock, the environment or the configuration.
"""
