"""What runs inside a model archive: plain functions per task, and a thin adapter for the server that calls them."""
