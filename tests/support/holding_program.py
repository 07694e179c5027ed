"""A stand-in for an editor: holds the terminal in raw mode, and tells which key it was given.

    python holding_program.py [COMMAND ...]

COMMAND runs first, in this program's own process group, as an editor's background job may.
"""

import os
import subprocess
import sys
import termios
import tty

terminal = os.open("/dev/tty", os.O_RDWR)
before = termios.tcgetattr(terminal)
tty.setraw(terminal)
try:
    if sys.argv[1:]:
        subprocess.run(
            sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
        )
    os.write(terminal, b"holding\r\n")
    key = os.read(terminal, 1)
    os.write(terminal, b"the key was " + key + b"\r\n")
finally:
    termios.tcsetattr(terminal, termios.TCSANOW, before)
