"""What is this version's alone: lines of lib/pf/api.pm, as its messages name them."""

API_LINES = {'no master': 704, 'no file': 729, 'not pushed': 836}
