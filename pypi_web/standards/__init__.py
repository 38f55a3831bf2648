"""What the packaging standards define: pure functions and frozen values, no I/O, no Pyramid."""
