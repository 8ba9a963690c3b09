"""Compiled kernels of the solver: numbers and arrays in, numbers and arrays out.

Each runs as plain Python where numba is missing, with the same result. Import them inside
the functions that need them, for numba takes half a second to import.

Costs are *fine*: micro-nats times the `fine` of a `wide.Wide`. `WALL` stands for a pair of
sites that is not allowed and `CLOSED` for a site that is not open.
"""
