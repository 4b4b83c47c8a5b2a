"""What runs on an instance: boot, then an agent that watches the server, the instance and its group."""
