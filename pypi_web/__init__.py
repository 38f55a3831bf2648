"""pypi_web: a Python package index that people run themselves.

Empty but for this: whoever needs a part, as a migration or a command does, need not import the
whole application.
"""
