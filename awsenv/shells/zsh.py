"""zsh: the same language as bash as far as printed statements go."""

from awsenv.shells.bash import Bash


class Zsh(Bash):
    name = "zsh"


SHELL = Zsh()
