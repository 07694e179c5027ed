"""The prompt hook's files and the line in the shell's rc file that loads them."""
