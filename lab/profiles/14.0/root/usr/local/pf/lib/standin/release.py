"""What is this version's alone: lines of lib/pf/api.pm, as its messages name them."""

API_LINES = {'no master': 707, 'no file': 732, 'not pushed': 839}
