"""What the staff do at the screen. Nothing here ever shows or knows anything of a person who used the kiosk."""
