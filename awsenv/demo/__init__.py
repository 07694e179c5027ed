"""A strict local AWS STS, and the part of IAM that goes with it, on 127.0.0.1.

For `awsenv demo` and for the tests. It checks signatures, MFA codes, policies, durations and expiry
as AWS does, with the error codes and the wording of AWS.
"""
