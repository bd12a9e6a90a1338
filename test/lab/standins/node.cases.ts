import type { Table } from './case.js';

const ENABLE = 'node "$PEER" enable';

export const node: Table = {
  program: 'cluster/node',
  cases: [
    {
      title: 'tells the state of every node, a blank at the end (1.4)',
      run: 'node',
      code: 0,
      stdout: [/^(Node \S+ is currently enabled \n){3,}$/],
      stderr: [],
    },
    {
      title: 'tells the state of one node (1.4)',
      given: 'node "$PEER" disable',
      run: 'node "$PEER"',
      code: 0,
      stdout: [/^Node \S+ is currently disabled \n$/],
      stderr: [],
      after: ENABLE,
    },
    {
      title: 'disables silently, by a marker of its own (1.4)',
      run: 'node "$PEER" disable && [ -f $PF/var/run/$PEER-cluster-disabled ]',
      code: 0,
      stdout: [],
      stderr: [],
      changed: ['-cluster-disabled'],
      after: ENABLE,
    },
    {
      title: 'enables what is enabled, silently (1.4)',
      run: 'node "$PEER" enable',
      code: 0,
      stdout: [],
      stderr: [],
    },
    {
      title: 'knows no such host: reason on stderr, usage on stdout, exit 1 (1.4)',
      run: 'node nobody disable',
      code: 1,
      stdout: [/^Usage:/],
      stderr: [/^Node nobody doesn't exist in the cluster configuration /],
    },
    {
      title: 'knows no such verb (1.4)',
      run: 'node "$PEER" remove',
      code: 1,
      stdout: [/^Usage:/],
      stderr: [/^Invalid command\. Should be enable\|disable /],
    },
    {
      title: 'lets a node disable itself, which then takes the last server for itself (C25)',
      given: 'keep $PF/var/conf/mariadb.conf; node "$HOST" disable',
      run: `pfcmd generatemariadbconfig; file=$PF/var/conf/mariadb.conf
            grep -qx "bind-address=$(ip_of "$LAST")" $file && ! grep gcomm: $file | grep -qF "$(ip_of "$HOST")"`,
      code: 0,
      changed: ['mariadb.conf'],
      after: 'node "$HOST" enable; put_back $PF/var/conf/mariadb.conf',
    },
    {
      title: 'dies with 255 where the host is no section of cluster.conf (C1)',
      given: 'hostname ghost',
      run: 'node',
      code: 255,
      stderr: [/Can't determine cluster name for host ghost/],
      after: 'hostname "$HOST"',
    },
    {
      title: 'asks for packetfence-config 600 times, two lines each, and dies with 2 (C3)',
      given: 'config_down',
      run: 'node 2>/tmp/tries; code=$?; echo $(($(wc -l </tmp/tries) / 2)); tail -n 3 /tmp/tries >&2; exit $code',
      code: 2,
      stdout: [/^600$/m],
      stderr: [/Failed to connect to config service for namespace/],
      after: 'config_up',
    },
  ],
};
