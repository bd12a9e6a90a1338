import type { Table } from './case.js';

const ROW = /^packetfence-\S+\.service\s+\t?(started|stopped|disabled|reloading)\s+\d+$/m;
const READY = 'within 120 is cluster.target active; within 60 synced';

export const service: Table = {
  program: 'pfcmd service',
  cases: [
    {
      title: 'status of pf is a table, and packetfence-config has pid 0 in it (C23)',
      run: 'pfcmd service pf status',
      code: 0,
      stdout: [/^Service {49}Status {4}PID$/m, ROW, /^packetfence-config\.service\s+started\s+0$/m],
    },
    {
      title: 'status shows a running database as started (D15)',
      run: 'pfcmd service pf status | grep mariadb',
      code: 0,
      stdout: [/^packetfence-mariadb\.service\s+started\s+[1-9]\d*$/m],
    },
    {
      title: 'a running unit that is not enabled is `stopped` with a pid (C24)',
      given: 'systemctl disable -q packetfence-haproxy-admin',
      run: 'pfcmd service pf status | grep haproxy-admin',
      code: 0,
      stdout: [/stopped\s+[1-9]\d*$/m],
      after: 'systemctl enable -q packetfence-haproxy-admin',
    },
    {
      title: 'restart of one service (4.2)',
      run: 'pfcmd service haproxy-db restart',
      code: 0,
      stdout: [/^packetfence-haproxy-db\.service\s+started\s+[1-9]\d*$/m],
    },
    {
      title: 'a restart that fails exits 0, and only stderr tells (1.6, D15)',
      given: `mkdir -p /run/systemd/system/packetfence-pfcron.service.d
              printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\nRestart=no\\n' >/run/systemd/system/packetfence-pfcron.service.d/broken.conf
              systemctl daemon-reload`,
      run: 'pfcmd service pfcron restart',
      code: 0,
      stdout: [/stopped\s+0$/m],
      stderr: [/Job for packetfence-pfcron\.service failed/],
      after:
        'rm -r /run/systemd/system/packetfence-pfcron.service.d; systemctl daemon-reload; systemctl reset-failed packetfence-pfcron',
    },
    {
      title: 'updatesystemd names what it enabled (4.2)',
      run: 'pfcmd service galera-autofix updatesystemd',
      code: 0,
      stdout: [/^packetfence-galera-autofix\.service\s+Service enabled$/m],
    },
    {
      // It returns before keepalived is gone: systemctl waits for the target only.
      title: 'stop of pf leaves database and config, and takes the rest (4.1)',
      run: `pfcmd service pf stop >/dev/null; is mariadb active && is config active && within 30 is keepalived inactive && is httpd.webservices inactive`,
      code: 0,
    },
    {
      title: 'stop of pf on a half started node reports success and leaves webservices running (C15)',
      given: 'systemctl start packetfence-httpd.webservices; ! is cluster.target active',
      run: 'pfcmd service pf stop; is httpd.webservices active',
      code: 0,
    },
    {
      title: 'stop of pf does not start a stopped database, isolate of the base target does (C16)',
      given: 'systemctl stop packetfence-mariadb',
      run: `pfcmd service pf stop >/dev/null; is mariadb inactive || exit 1
            systemctl isolate packetfence-base.target; is mariadb active && within 30 is httpd.webservices inactive`,
      code: 0,
    },
    {
      title: 'webservices alone bring the database up when the base target is down (C17)',
      given: `systemctl isolate multi-user.target; within 60 no_server && within 60 is base.target inactive`,
      run: 'systemctl start packetfence-httpd.webservices; is mariadb active',
      code: 0,
    },
    {
      title: 'start of pf stops at a FATAL: 255, proxies running, target not (4.2)',
      given: 'systemctl isolate packetfence-base.target; chmod u-s $PF/bin/pfcmd',
      run: 'pfcmd service pf start; code=$?; is proxysql active && ! is cluster.target active || exit 1; exit $code',
      code: 255,
      stdout: [
        /^packetfence-proxysql\.service\s+started[\s\S]*Checking configuration sanity\.\.\.[\s\S]*FATAL - pfcmd needs setuid/m,
      ],
      after: 'chmod 6755 $PF/bin/pfcmd',
    },
    {
      title: 'start of pf starts everything (4.2)',
      run: 'pfcmd service pf start',
      code: 0,
      stdout: [/Checking configuration sanity\.\.\./, /^packetfence-keepalived\.service\s+started/m],
      after: READY,
    },
  ],
};
