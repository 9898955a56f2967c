"""Models over HTTP: asks are made together, long work is kept as jobs, nothing is open by default.

`services.py` holds everything that works; `app.py` puts HTTP before it, and the studio calls it
from within the same process.
"""
