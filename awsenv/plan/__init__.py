"""From a request and the config to STS calls. Pure: nothing runs, and nobody is asked."""
