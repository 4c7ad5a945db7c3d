"""Asks a Prometheus what the replicas of deployments use, and keeps it beside their calls."""
