"""What passcodes are hashed to, for whoever does not ask what it costs somebody to guess one."""

from kiosk.caretaker.passcodes import Cost

CHEAP = Cost(memory=8, passes=1, lanes=1)
# 58203917, at full cost: nothing else is taken from a signed file.
DEAR = "$argon2id$v=19$m=65536,t=3,p=4$MnoICzzge2NiXexvmGLpUw$6ihme3V9dPdVx/bQWvDOF19w1y0YjRZBTGZOIko7Whg"
