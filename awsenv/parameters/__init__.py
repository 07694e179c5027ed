"""What commands take on the command line, declared in one place, and read without Typer.

May import sessions and what is below.
"""
