"""`pfcmd pfmon cluster_check` (clustercheck.py); pfcron from 10.2 on."""
from standin.clustercheck import run
