"""What can be heard: voices, the prompts made at set-up, and what of a screen is said (docs/voice.md)."""
