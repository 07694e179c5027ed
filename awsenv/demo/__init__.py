"""A strict AWS STS, and the bit of IAM that goes with it, on 127.0.0.1.

For `awsenv demo` and for the tests: signatures, MFA codes, policies, durations and expiry are
checked as AWS checks them, with its error codes and its words.
"""
