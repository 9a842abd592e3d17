"""What the network is: its configuration, its blocks, the presets. Knows torch and nothing else."""
