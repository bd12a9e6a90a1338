import type { Table } from './case.js';

const BACK = 'systemctl reset-failed packetfence-mariadb; maintenance --deactivate && within 60 synced';

/** systemd's start limit counts within 10 s, which a busy machine does not keep. */
const PATIENT = `mkdir -p /run/systemd/system/packetfence-mariadb.service.d
  printf '[Unit]\\nStartLimitIntervalSec=600\\n' >/run/systemd/system/packetfence-mariadb.service.d/patient.conf; systemctl daemon-reload`;
const AS_SHIPPED = 'rm -r /run/systemd/system/packetfence-mariadb.service.d; systemctl daemon-reload';

export const maintenance: Table = {
  program: 'cluster/maintenance',
  cases: [
    {
      title: 'tells that it is off (1.5)',
      run: 'maintenance',
      code: 0,
      stdout: [/^Maintenance mode is deactivated\n$/],
      stderr: [],
    },
    {
      title: 'tells that it is on (1.5)',
      given: 'touch $PF/var/maintenance-mode',
      run: 'maintenance',
      code: 0,
      stdout: [/^Maintenance mode is activated\n$/],
      stderr: [],
      after: 'rm $PF/var/maintenance-mode',
    },
    {
      title: '-h is no help (C20)',
      run: 'maintenance -h',
      code: 255,
      stderr: [/Undefined subroutine &main::pod2usage/],
    },
    {
      title: '--activate stops PacketFence and the database, banner by banner (1.5)',
      run: 'maintenance --activate && systemctl get-default',
      code: 0,
      stdout: [
        /^=+\nStopping and disabling Monit\.\.\.\n=+\nStopping PacketFence\.\.\.\n[\s\S]*^=+\nStopping PacketFence MariaDB\.\.\.\n=+\nSetting default target to multi-user\n=+\nNode has been put into maintenance mode\.\.\.\nmulti-user\.target\n$/m,
      ],
      changed: ['maintenance-mode', 'grastate.dat'],
      after: 'no_server && is mariadb inactive && within 30 is keepalived inactive && is httpd.webservices inactive',
    },
    {
      title: '--activate again is exit 0 (confirmed facts)',
      run: 'maintenance --activate',
      code: 0,
      stdout: [/Node has been put into maintenance mode\.\.\./],
    },
    {
      title: 'the database unit refuses: exit 1, and at last failed (C18)',
      given: PATIENT,
      run: 'systemctl start packetfence-mariadb; code=$?; within 60 is mariadb failed || exit 9; exit $code',
      code: 1,
      stderr: [/Job for packetfence-mariadb\.service failed/],
    },
    {
      title: '--deactivate right after that removes the marker and stops half-way (C19)',
      given: 'is mariadb failed',
      run: 'maintenance --deactivate; code=$?; systemctl get-default; exit $code',
      code: 1,
      stdout: [/^=+\nFailed to execute systemctl start packetfence-mariadb\n=+\nmulti-user\.target\n$/m],
      changed: ['maintenance-mode'],
      after: AS_SHIPPED,
    },
    {
      title: '--deactivate starts everything, and sets the cluster target whatever it was (1.5)',
      given: 'systemctl reset-failed packetfence-mariadb; touch $PF/var/maintenance-mode',
      run: 'maintenance --deactivate && systemctl get-default',
      code: 0,
      stdout: [/Node has been put out of the maintenance mode\.\.\.\npacketfence-cluster\.target\n$/],
      changed: ['maintenance-mode', 'grastate.dat'],
      after: 'within 60 synced && is keepalived active && is httpd.webservices active',
    },
    {
      title: '--deactivate twice in a row is exit 0 (C19)',
      run: 'maintenance --deactivate',
      code: 0,
      after: BACK,
    },
  ],
};
