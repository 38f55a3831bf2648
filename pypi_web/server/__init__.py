"""What `pserve` runs: `[server:main]` of an ini says `use = egg:pypi_web` for one process of
waitress (development), or `egg:pypi_web#production` for granian's workers."""
