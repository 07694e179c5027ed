import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.services.sts.StsClient;

/** Who the SDK's default chain says it is, with which key, once a second as often as the argument says. */
public final class Main {
  public static void main(String[] arguments) throws InterruptedException {
    try (DefaultCredentialsProvider provider = DefaultCredentialsProvider.builder().build();
        StsClient client = StsClient.builder().credentialsProvider(provider).build()) {
      for (int left = Integer.parseInt(arguments[0]); left > 0; left--) {
        String arn = client.getCallerIdentity().arn();
        System.out.println(provider.resolveCredentials().accessKeyId() + " " + arn);
        Thread.sleep(1000);
      }
    }
  }
}
