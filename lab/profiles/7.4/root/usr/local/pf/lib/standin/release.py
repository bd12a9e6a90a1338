"""What is this version's alone."""

# Of lib/pf/api.pm, as its messages name them.
API_LINES = {'no master': 654, 'no file': 679, 'not pushed': 787}

# Whether cluster.conf may have zones: from 8.2 on.
ZONES = False
