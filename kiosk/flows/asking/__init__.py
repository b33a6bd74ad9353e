"""What a flow may ask of the machine it runs on, and in what words. A session implements it."""
