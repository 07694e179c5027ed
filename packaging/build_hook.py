"""Put the man page into the wheel, where pipx, uv and pip install it as share/man/man1/awsenv.1."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPage(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling for the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        page = Path(self.directory, "awsenv.1")
        page.parent.mkdir(parents=True, exist_ok=True)
        script = Path(self.root, "packaging", "manpage.py")
        # A process of its own: this one may have imported another awsenv.
        page.write_bytes(subprocess.check_output([sys.executable, str(script)]))
        build_data["shared_data"][str(page)] = "share/man/man1/awsenv.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        Path(self.directory, "awsenv.1").unlink(missing_ok=True)
