"""Measurements that anybody can repeat: ``python -m benchmarks propose|startup|graph``."""
