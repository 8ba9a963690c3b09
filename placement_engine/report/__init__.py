"""Answers as people and programs read them: pages of text, terminal tables, JSON and its schemas.

Nothing here prints: a page becomes a string, a body becomes a JSON document, and the
commands decide where they go.
"""
