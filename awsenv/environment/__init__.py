"""What a session changes in a shell's environment, and how to take it back."""
