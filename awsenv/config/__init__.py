"""What the AWS CLI's files say, read the way botocore reads them, without botocore.

    config = load()
    profile = config.profile("prod-admin")
    profile.get("role_arn"), profile.at("role_arn")

Missing files are fine; a file that botocore would refuse raises ConfigError.
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
