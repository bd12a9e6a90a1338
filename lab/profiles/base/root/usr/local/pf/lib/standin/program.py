"""How the programs of bin/cluster begin and end. Implements packetfence-run.md C1 and C3 (exit 255 and 2)."""
import signal
import sys

from standin.cluster import UnknownHost
from standin.pfconfig import Down


def run(main):
    """Ends the process with what main(arguments) returns."""
    # As any Perl program: a reader that went away ends it without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        sys.exit(main(sys.argv[1:]) or 0)
    except (Down, UnknownHost) as reason:
        print(reason, file=sys.stderr)
        sys.exit(2 if isinstance(reason, Down) else 255)
