"""What the services say to each other, and how: everybody knows the messages, nobody the room behind them."""
