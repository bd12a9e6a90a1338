import type { Table } from './case.js';

/** The peers answer neither pings nor logins: a table of our own, so that packetfence-iptables does not rewrite it. */
const ALONE = `nft add table inet standins; nft add chain inet standins in '{ type filter hook input priority -300; }'
  for peer in $PEERS; do nft add rule inet standins in ip saddr $(ip_of $peer) drop; done`;
const TOGETHER = 'nft delete table inet standins';

const STOPPED = 'systemctl stop packetfence-mariadb && within 60 no_server';
const STARTED = 'systemctl reset-failed packetfence-mariadb; systemctl start packetfence-mariadb && within 60 synced';

export const pfMariadb: Table = {
  program: 'pf-mariadb',
  cases: [
    {
      title: 'refuses in maintenance: stderr, exit 0 (1.1)',
      given: 'touch $PF/var/maintenance-mode',
      run: 'pf-mariadb',
      code: 0,
      stderr: [/^Not starting because this node is in maintenance mode$/m],
      after: 'rm $PF/var/maintenance-mode',
    },
    {
      title: 'refuses in maintenance even to form a new cluster, and touches nothing (1.1)',
      given: 'touch $PF/var/maintenance-mode',
      run: 'pf-mariadb --force-new-cluster',
      code: 0,
      stderr: [/^Not starting because this node is in maintenance mode$/m],
      after: 'rm $PF/var/maintenance-mode',
    },
    {
      title: "the unit's stop returns with every process gone, as its KillMode says (1.2)",
      run: 'systemctl stop packetfence-mariadb && systemctl show -p KillMode,Restart,Type,NotifyAccess packetfence-mariadb',
      code: 0,
      stdout: [/^KillMode=control-group$/m, /^Restart=on-failure$/m, /^Type=notify$/m, /^NotifyAccess=all$/m],
      changed: ['grastate.dat'],
      after: 'no_server',
    },
    {
      title: 'joins a peer that answers; start returns when the server is ready (1.2, 3.1)',
      given: STOPPED,
      run: `systemctl start packetfence-mariadb && within 60 synced &&
            logged pf-mariadb 'There is a peer with an alive DB. Will attempt to connect to the cluster' &&
            within 30 logged pf-mariadb 'Successful clustered connection to the DB.'`,
      code: 0,
      changed: ['grastate.dat'],
    },
    {
      title: 'starts as recorded in gvwstate.dat when there is one (3.1)',
      given: `${STOPPED}; printf 'my_uuid: 00000000-0000-0000-0000-000000000001\\n' >/var/lib/mysql/gvwstate.dat
              chown mysql: /var/lib/mysql/gvwstate.dat`,
      run: `systemctl start --no-block packetfence-mariadb; within 60 logged mysqld_safe 'Starting mariadbd daemon'
            ! logged pf-mariadb 'There is a peer with an alive DB'`,
      code: 0,
      after: `systemctl stop --no-block packetfence-mariadb; within 20 no_server || pkill -9 'mariadbd|mysqld' || :; within 60 no_server
              within 60 is mariadb inactive || within 10 is mariadb failed
              rm -f /var/lib/mysql/gvwstate.dat; ${STARTED}`,
    },
    {
      title: 'alone and not safe to bootstrap, it waits for the others, activating, for ever (3.1, D5)',
      given: `${STOPPED}; ${ALONE}`,
      run: `systemctl start --no-block packetfence-mariadb
            within 60 logged pf-mariadb "There isn't a ping quorum yet nor a server with an alive database" && is mariadb activating && no_server`,
      code: 0,
    },
    {
      title: 'TERM does not end that wait: only TimeoutSec does (read in the original)',
      run: `systemctl stop --no-block packetfence-mariadb; within 20 is mariadb deactivating || exit 1
            waits=$(journalctl -o cat -t pf-mariadb | grep -c "There isn't a ping quorum yet")
            within 60 sh -c "[ \\$(journalctl -o cat -t pf-mariadb | grep -c \\"There isn't a ping quorum yet\\") -gt $waits ]"`,
      code: 0,
      after: `pkill -9 pf-mariadb; pkill -9 -f sbin/pf-mariadb; within 30 no_server; within 30 is mariadb failed || is mariadb inactive; ${TOGETHER}; ${STARTED}`,
    },
    {
      // The server forms its view, and writes a gvwstate.dat of its own, before it dies of the option.
      title: 'forms a new cluster on demand, marks grastate.dat, and waits beside a dead server for ever (1.1, H6)',
      given: `${STOPPED}; keep /var/lib/mysql/grastate.dat; keep $PF/var/conf/mariadb.conf
              echo left behind >/var/lib/mysql/gvwstate.dat; sed -i '/^\\[mysqld\\]$/a no_such_option_here' $PF/var/conf/mariadb.conf`,
      run: `timeout --preserve-status -k 5 -s KILL 40 pf-mariadb --force-new-cluster; code=$?
            grep -q 'safe_to_bootstrap: 1' /var/lib/mysql/grastate.dat && [ -f /var/lib/mysql/grastate.dat.bak ] &&
            ! grep -qs 'left behind' /var/lib/mysql/gvwstate.dat && within 60 no_server ||
              { cat /var/lib/mysql/grastate.dat >&2; ls /var/lib/mysql | grep -E 'bak|gvw' >&2; exit 9; }; exit $code`,
      code: 137,
      stdout: [
        /^Starting MySQL with command: mysqld_safe --defaults-file=\/usr\/local\/pf\/var\/conf\/mariadb\.conf --wsrep-recover $/m,
        /^Starting MySQL with command: mysqld_safe --defaults-file=\/usr\/local\/pf\/var\/conf\/mariadb\.conf --wsrep-new-cluster $/m,
      ],
      changed: ['grastate.dat'],
      after: `put_back /var/lib/mysql/grastate.dat; put_back $PF/var/conf/mariadb.conf; rm -f /var/lib/mysql/grastate.dat.bak; ${STARTED}`,
    },
    {
      title: 'a wiped node gets a full copy: start returns when it is Synced (section 2)',
      given: `${STOPPED}; rm -rf /var/lib/mysql/*`,
      run: `systemctl start packetfence-mariadb && synced && mariadb -NBe 'SELECT COUNT(*) > 0 FROM pf.person'`,
      code: 0,
      stdout: [/^1$/m],
      changed: ['grastate.dat'],
    },
  ],
};
