"""The version of Sparring, in a place that every room may ask."""

VERSION = "0.1.0"
