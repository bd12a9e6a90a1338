"""What is this version's alone."""

# Of lib/pf/api.pm, as its messages name them.
API_LINES = {'no master': 707, 'no file': 732, 'not pushed': 839}

# Whether cluster.conf may have zones: from 8.2 on.
ZONES = True
