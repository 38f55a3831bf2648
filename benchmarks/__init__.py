"""Measurements that anyone can run again; machines are noisy, so look at the ratios."""
