// Who the SDK's default chain says it is, with which key, once a second for as many as the argument says.
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const client = new STSClient({});
for (let left = Number(process.argv[2]); left > 0; left -= 1) {
  const { Arn } = await client.send(new GetCallerIdentityCommand({}));
  const { accessKeyId } = await client.config.credentials();
  console.log(`${accessKeyId} ${Arn}`);
  await new Promise((done) => setTimeout(done, 1000));
}
