"""Everything awsenv reports to a person, as one tree.

AwsenvError              1  anything else that went wrong, said in one line
├── UsageError           2  the command line does not fit
├── ConfigError          3  the AWS config, a setting or a file does not fit
├── CredentialsError     4  no usable credentials, no MFA code, or nobody to ask for one
├── RefusedError         5  AWS answered, and said no
├── NetworkError         6  AWS did not answer: address, proxy, TLS, time
└── CancelledError     130  the person stopped it

The number is the process's exit code. Only `awsenv.cli` catches these.
"""


class AwsenvError(Exception):
    """One line that says what is wrong, and a hint that says how to fix it.

    Both are plain text without a trailing full stop; control characters in them are made visible
    when they are printed. Neither may ever contain a secret or an MFA code.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(AwsenvError):
    exit_code = 2


class ConfigError(AwsenvError):
    exit_code = 3


class CredentialsError(AwsenvError):
    exit_code = 4


class ProgramError(CredentialsError):
    """A program that should print credentials did not; it may have asked the user something."""


class RefusedError(AwsenvError):
    """AWS refused a call; `code` is the error code it gave, such as AccessDenied."""

    exit_code = 5

    def __init__(self, message: str, hint: str | None = None, *, code: str = "") -> None:
        super().__init__(message, hint)
        self.code = code


class NetworkError(AwsenvError):
    exit_code = 6


class CancelledError(AwsenvError):
    exit_code = 130

    def __init__(self, message: str = "cancelled", hint: str | None = None) -> None:
        super().__init__(message, hint)
