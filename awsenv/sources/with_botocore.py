"""What the sources share that leave the work to botocore."""

from awsenv.sources import Context, Resolved, Root


class BotocoreSource:
    """A source whose credentials botocore's provider of that name gets."""

    provider = ""

    def resolve(self, root: Root, context: Context) -> Resolved:
        from awsenv.aws.sts import resolve_with_botocore

        return resolve_with_botocore(root, self.provider, context.deadline)


def account_in(arn: str | None) -> str | None:
    """The account number in `arn`, if there is one."""
    parts = (arn or "").split(":")
    return parts[4] or None if len(parts) > 5 else None
