"""What a person does here, each thing as one function that reads top to bottom like the official paper."""
