"""Calls to AWS over the network (STS, IAM, single HTTP requests), and what a refusal means."""
