"""Calls to AWS over the network (STS, IAM, single HTTP requests), and what a refusal means.

May import environment, config, storage, terminal and what is below.
"""
