"""What the AWS CLI's files say, read as botocore reads them, without botocore.

    config = load()
    profile = config.profile("prod-admin")
    profile.get("role_arn"), profile.at("role_arn")

Files that are missing are fine; whatever makes botocore refuse a file is a ConfigError.
"""

from awsenv.config.ini import Section
from awsenv.config.places import shown
from awsenv.config.profiles import (
    Config,
    Profile,
    default_profile_name,
    file_paths,
    load,
    profile_names,
)

__all__ = [
    "Config",
    "Profile",
    "Section",
    "default_profile_name",
    "file_paths",
    "load",
    "profile_names",
    "shown",
]
