"""What is this version's alone."""

# Of lib/pf/api.pm, as its messages name them.
API_LINES = {'no master': 688, 'no file': 713, 'not pushed': 821}

# Whether cluster.conf may have zones: from 8.2 on.
ZONES = True
