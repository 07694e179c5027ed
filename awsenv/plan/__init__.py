"""From a request and the config to the STS calls that lead to a session. Pure: nothing runs, nobody is asked."""
