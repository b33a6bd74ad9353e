"""`make escape`: does anything that can be done at the screen lead out of the kiosk? On a real Chromium under the real
keeper, in the real cage, on a screen that is not there."""
