"""Measurements that anybody can repeat: ``python -m benchmarks all|propose|startup|graph``."""
