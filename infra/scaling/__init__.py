"""Traffic and the simulated group: pure Python, no cloud, no engine."""
