"""Sparring learns from your examples and makes new ones: a generator and a discriminator spar."""

__version__ = "0.1.0"
