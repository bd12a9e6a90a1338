"""What is this version's alone: lines of lib/pf/api.pm, as its messages name them."""

API_LINES = {'no master': 688, 'no file': 713, 'not pushed': 821}
