"""Runs wsight on the captures of many hosts, on Spark: docs/FLEET.md says how."""
