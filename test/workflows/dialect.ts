import type { Dialect } from '../../cluster/dialect.js';

/** Enough of a dialect for the commands; the model plays verbs, not scripts. */
export const dialect: Dialect = {
  name: '14.0',
  osFamily: 'debian',
  units: { mariadb: 'packetfence-mariadb', autofix: 'packetfence-galera-autofix', monit: 'monit' },
  mariadbConf: '/usr/local/pf/var/conf/mariadb.conf',
  bootstrap: 'MARIADB_ARGS',
  sstMethod: 'mariabackup',
  defaultTarget: 'packetfence-cluster.target',
  database: { host: '100.64.0.1', port: '6033' },
  proof: 'proved',
};
