"""The answer to `assume NAME` and `credential-process NAME` without the rest of awsenv, and the note it rests on."""
