"""What commands take on the command line, declared in one place, and read without Typer."""
