"""Long-lived keys on their way into the keychain, and out of it: `awsenv keys`."""
