#!/usr/bin/env python3
"""Print the Homebrew formula for a built sdist, with the dependencies that pip resolves today.

    python packaging/formula.py dist/awsenv_shell-1.2.3.tar.gz > awsenv.rb

The dependencies are pure-Python wheels, each with the address and checksum of the package index.
"""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

HOME = "https://github.com/awsenv/awsenv"
PYTHON = "3.13"
FORMULA = """\
class Awsenv < Formula
  include Language::Python::Virtualenv

  desc "AWS credentials in your shell from one MFA code a day"
  homepage "{home}"
  url "{home}/releases/download/v{version}/{file}"
  sha256 "{sha256}"
  license "MIT"

  depends_on "python@{python}"
{resources}
  def install
    virtualenv_install_with_resources
    man1.install_symlink libexec/"share/man/man1/awsenv.1"
  end

  def caveats
    <<~EOS
      To load the prompt and the automatic renewal from your rc file:
        awsenv init --install
    EOS
  end

  test do
    assert_match version.to_s, shell_output("#{{bin}}/awsenv --version")
    assert_match "GetCallerIdentity", shell_output("#{{bin}}/awsenv whoami --help 2>&1")
  end
end
"""
RESOURCE = """
  resource "{name}" do
    url "{url}"
    sha256 "{sha256}"
  end
"""


def dependencies(sdist: Path) -> list[dict[str, str]]:
    """Name, address and SHA-256 of everything that the sdist needs at run time."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    report = json.loads(subprocess.check_output([*pip, "--report", "-", str(sdist)]))
    found = []
    for each in report["install"]:
        name, source = each["metadata"]["name"], each["download_info"]
        if each["is_direct"]:
            continue
        if not re.search(r"[.-]py3[^-]*-none-any\.whl$", source["url"]):
            sys.exit(f"{name} is no pure-Python wheel: {source['url']}")
        sha256 = source["archive_info"]["hashes"]["sha256"]
        found.append({"name": name, "url": source["url"], "sha256": sha256})
    return sorted(found, key=lambda one: one["name"].lower())


def formula(sdist: Path) -> str:
    version = re.fullmatch(r"awsenv_shell-(.+)\.tar\.gz", sdist.name)
    if version is None:
        sys.exit(f"{sdist.name} is no sdist of awsenv")
    return FORMULA.format(
        home=HOME,
        version=version[1],
        file=sdist.name,
        sha256=hashlib.sha256(sdist.read_bytes()).hexdigest(),
        python=PYTHON,
        resources="".join(RESOURCE.format(**each) for each in dependencies(sdist)),
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: formula.py SDIST")
    sys.stdout.write(formula(Path(sys.argv[1])))
