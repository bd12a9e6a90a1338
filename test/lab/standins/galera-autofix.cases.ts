import type { Table } from './case.js';

const KNOBS = '/run/systemd/system/packetfence-galera-autofix.service.d';

/** Its own knobs, on the lab's clock or not: an attempt within seconds. */
const EAGER = `mkdir -p ${KNOBS}; cat >${KNOBS}/eager.conf <<'UNIT'
[Service]
EnvironmentFile=
Environment=GALERA_AUTOFIX_START_WAIT=1s GALERA_AUTOFIX_CONNECT_DB_TRIES=2 GALERA_AUTOFIX_CONNECT_DB_TRIES_INTERVAL=1s
Environment=GALERA_AUTOFIX_DB_AVAILABLE_DETECTION_COOLDOWN=2s GALERA_AUTOFIX_DECISION_LOOP_INTERVAL=3s
UNIT
systemctl daemon-reload`;
const CALM = `rm -rf ${KNOBS}; systemctl daemon-reload; systemctl restart packetfence-galera-autofix`;

const BROKEN = `systemctl stop packetfence-mariadb; within 60 no_server; touch /var/lib/mysql/standin-was-here
  rm /var/lib/mysql/ibdata1; systemctl start --no-block packetfence-mariadb`;
const WHOLE = `systemctl stop packetfence-mariadb; systemctl reset-failed packetfence-mariadb; rm -rf /var/lib/mysql/*; systemctl start packetfence-mariadb; within 60 synced`;

export const galeraAutofix: Table = {
  program: 'galera-autofix',
  cases: [
    {
      title: 'leaves a healthy database alone (1.9)',
      given: EAGER,
      run: `systemctl restart packetfence-galera-autofix; within 60 logged galera-autofix 'Local DB is available, nothing to do'`,
      code: 0,
      after: CALM,
    },
    {
      title: 'does nothing while a node is disabled (1.9)',
      given: `${EAGER}; node "$PEER" disable; ${BROKEN}`,
      run: `systemctl restart packetfence-galera-autofix
            within 60 logged galera-autofix 'At least one of the cluster nodes is disabled. Not doing anything.' && [ -e /var/lib/mysql/standin-was-here ]`,
      code: 0,
      after: `systemctl stop packetfence-galera-autofix; node "$PEER" enable; ${WHOLE}; ${CALM}`,
    },
    {
      title: 'does nothing while the unit is inactive (1.9)',
      given: `${EAGER}; systemctl stop packetfence-mariadb; within 60 no_server; touch /var/lib/mysql/standin-was-here`,
      run: `systemctl restart packetfence-galera-autofix
            within 60 logged galera-autofix 'MariaDB service is inactive.' && [ -e /var/lib/mysql/standin-was-here ]`,
      code: 0,
      changed: [],
      after: `systemctl stop packetfence-galera-autofix; rm /var/lib/mysql/standin-was-here; systemctl start packetfence-mariadb; within 60 synced; ${CALM}`,
    },
    {
      title: 'wipes a node whose peers are Primary, and starts it (1.9, section 2)',
      given: `${EAGER}; ${BROKEN}`,
      run: `systemctl restart packetfence-galera-autofix
            within 120 logged galera-autofix 'is ready. Clearing own data and starting DB.' || exit 1
            within 120 logged galera-autofix 'The DB available workflow has been used for this iteration' || exit 2
            within 30 synced && [ ! -e /var/lib/mysql/standin-was-here ]`,
      code: 0,
      changed: ['grastate.dat'],
      after: CALM,
    },
  ],
};
