"""What a person is told to do, as tables. Places, numbers and fees are the station's (config/guidance.toml)."""
