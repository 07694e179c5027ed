"""`assume NAME` and `credential-process NAME` answered without the rest of awsenv."""
