"""The rules, each one file; `RULES` in ``registry.py`` lists them, most important first."""
