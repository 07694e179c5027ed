"""Secrets in the system's keychain, by the library keyring: an entry per access key id.

keyring speaks to macOS's Keychain, Windows' Credential Manager, the Secret Service (GNOME Keyring,
KeePassXC), KWallet, or whatever backend the person has configured for it. It comes with the extra
awsenv-shell[keychain], and takes a while to load: only what needs a secret gets here.
"""

from __future__ import annotations

import sys

from awsenv.errors import CredentialsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from keyring.backend import KeyringBackend

    T = TypeVar("T")

SERVICE = "awsenv"


def read(key_id: str) -> str | None:
    """The secret of the key `key_id`; None if there is none. Raises CredentialsError."""
    found = _call(lambda keyring: keyring.get_password(SERVICE, key_id))
    return found or None


def write(key_id: str, secret: str) -> None:
    """Keep `secret`, and see that it can be read again; raises CredentialsError."""
    _call(lambda keyring: keyring.set_password(SERVICE, key_id, secret), secret)
    if read(key_id) != secret:
        raise CredentialsError(
            f"the keychain ({backend_name()}) does not give back what was put into it",
            "see which backend `keyring diagnose` and its configuration file name",
        )


def remove(key_id: str) -> None:
    """Forget the secret of `key_id`, if there is one; raises CredentialsError."""
    if read(key_id) is not None:
        _call(lambda keyring: keyring.delete_password(SERVICE, key_id))


def backend_name() -> str:
    """What keyring calls the keychain, such as "SecretService Keyring"."""
    keyring = _call(_in_use)
    name = getattr(keyring, "name", "") or type(keyring).__name__
    return str(name)


def is_plain_text() -> bool:
    """Whether the backend is known to keep secrets as they are."""
    return "plaintext" in type(_call(_in_use)).__name__.lower()


def _in_use(keyring: KeyringBackend) -> object:
    """The backend that takes the secrets: where there are several, the first."""
    return next(iter(getattr(keyring, "backends", ())), keyring)


def _call(call: Callable[[KeyringBackend], T], secret: str = "") -> T:
    """What `call` makes of the keychain; raises CredentialsError in one line, without `secret`."""
    try:
        import keyring
        from keyring import errors
    except ImportError:
        raise CredentialsError(
            "the keychain needs the package keyring, which is not installed",
            "install awsenv with its extra: awsenv-shell[keychain]",
        ) from None
    try:
        return call(keyring.get_keyring())
    except errors.NoKeyringError:
        raise CredentialsError(
            "there is no keychain here that the keyring library can use", _hint(_START)
        ) from None
    except Exception as error:  # noqa: BLE001 - whatever a backend raises
        said = f"{type(error).__name__}: {error}"
        if isinstance(error, errors.KeyringLocked | errors.InitError) or _NO_DIALOG in said:
            raise CredentialsError(
                "the keychain is locked, and was not unlocked", _hint(_UNLOCK)
            ) from None
        if secret:
            said = said.replace(secret, "…")
        raise CredentialsError(
            f"the keychain cannot be used: {said}",
            "`keyring diagnose` shows where keyring's configuration is; PYTHON_KEYRING_BACKEND "
            "names another backend",
        ) from None


# macOS, where nobody can be shown a dialog, as over ssh.
_NO_DIALOG = "-25308"
_UNLOCK = {
    "darwin": "run: security unlock-keychain",
    "win32": "sign in to Windows",
    "": "sign in at the desktop and unlock it there, or run: gnome-keyring-daemon --unlock",
}
_START = {
    "darwin": "configure a backend for keyring, or remove PYTHON_KEYRING_BACKEND",
    "win32": "configure a backend for keyring, or remove PYTHON_KEYRING_BACKEND",
    "": "start gnome-keyring, KWallet or KeePassXC in this D-Bus session, or configure another "
    "backend for keyring",
}


def _hint(hints: dict[str, str]) -> str:
    return hints.get(sys.platform, hints[""])
