"""What is this version's alone."""

# Of lib/pf/api.pm, as its messages name them.
API_LINES = {'no master': 704, 'no file': 729, 'not pushed': 836}

# Whether cluster.conf may have zones: from 8.2 on.
ZONES = True
