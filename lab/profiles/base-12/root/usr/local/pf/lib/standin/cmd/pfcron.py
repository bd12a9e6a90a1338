"""`pfcmd pfcron cluster_check` (clustercheck.py); pfmon until 10.1."""
from standin.clustercheck import run
