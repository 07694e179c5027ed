"""Every profile at a glance, for `awsenv list` and the picker."""
