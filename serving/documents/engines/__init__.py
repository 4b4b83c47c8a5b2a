"""How a run is spread: processes of one machine, a Ray cluster, or the queue of a deployed stack."""
