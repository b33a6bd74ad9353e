"""What is tried with a machine, each part in a file: `run(machine, report)`, its first line says what it holds.

A part gets a machine of its own, which is off, and says to the report what it has looked for and found. Others' files
lie in the folders beside the machine's own.
"""
