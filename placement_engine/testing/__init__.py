"""What an embedder can test with: synthetic worlds, Hypothesis strategies, contract tests.

Import the module that is wanted: `world` makes a country that does not exist, `strategies`
(which needs ``hypothesis``) draws problems, cases and ties.
"""
