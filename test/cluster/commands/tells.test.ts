/** Every change can say in words what it wants, and have the node say what is so. */
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import {
  maskAutofix,
  maskCron,
  maskIptables,
  stopMonit,
  suspendUnitTimers,
} from '../../../cluster/commands/automation.js';
import { keepOut } from '../../../cluster/commands/barrier.js';
import {
  enableServices,
  generateMariadbConf,
  reloadConfiguration,
  restartWebservices,
  setDefaultTarget,
  syncAsMaster,
  syncFrom,
} from '../../../cluster/commands/configuration.js';
import {
  holdDatabase,
  restartAsMember,
  setDataAside,
  startMember,
  startNewCluster,
} from '../../../cluster/commands/database.js';
import { addReplicationUser, noteSetUp, secureDatabase, startAlone } from '../../../cluster/commands/first-database.js';
import { restartKeepalived, setVrrp, stopKeepalived } from '../../../cluster/commands/keepalived.js';
import { setNetworks } from '../../../cluster/commands/networks.js';
import { emptyClusterConf, installCopyTools, reboot, setSysctl } from '../../../cluster/commands/prepare.js';
import { recoverPosition, sealAgain } from '../../../cluster/commands/recover-position.js';
import { renameInterfaces } from '../../../cluster/commands/rename.js';
import { restartServices, startEnabled, startServices } from '../../../cluster/commands/services.js';
import { noServer } from '../../../cluster/commands/shell.js';
import { newestDialect as dialect } from '../../../cluster/dialect.js';
import type { Change } from '../../../cluster/words.js';

const run = 'hq/20261124-0612-7f3a';
const made: readonly Change[] = [
  setVrrp('pf1', dialect, run, { routerId: 51 }),
  restartKeepalived('pf1', dialect),
  stopKeepalived('pf1', dialect),
  maskAutofix('pf1', dialect, true),
  maskIptables('pf1', dialect, true),
  maskCron('pf1', dialect, true),
  stopMonit('pf1', dialect),
  suspendUnitTimers('pf1', dialect),
  keepOut('pf1', 'pf2', '192.0.2.12'),
  holdDatabase('pf1', dialect, true),
  recoverPosition('pf1', dialect, run),
  sealAgain('pf1', dialect, run),
  startNewCluster('pf1', dialect, run),
  setDataAside('pf1', dialect, run, '/var/lib/mysql'),
  startMember('pf1', dialect, 'IST'),
  restartAsMember('pf1', dialect),
  startServices('pf1', dialect),
  restartServices('pf1', dialect),
  startEnabled('pf1', dialect),
  startAlone('pf1', dialect),
  secureDatabase('pf1'),
  addReplicationUser('pf1', { user: 'pfcluster', password: 'env:SECRET' }),
  noteSetUp('pf1', false),
  installCopyTools('pf1', dialect),
  setSysctl('pf1', run, 'net.ipv4.ip_nonlocal_bind', '1', '0'),
  emptyClusterConf('pf1', dialect, run),
  reboot('pf1', 'boot-1'),
  renameInterfaces(
    {
      ...{ node: 'pf1', by: 'link files', vlans: [], systemd: 252, grubCfg: '/boot/grub2/grub.cfg' },
      moves: [{ mac: '02:00:00:00:00:01', from: 'eno1', to: 'lan0' }],
      files: [{ path: '/etc/network/interfaces', as: '/etc/network/interfaces', rule: 'words' }],
    },
    run,
  ),
  ...setNetworks('pf1', dialect, run, {
    clusterConf: [],
    networksConf: [{ section: '192.0.2.0', key: 'dns', value: '192.0.2.1' }],
  }),
  syncFrom('pf1', dialect, run, { address: '192.0.2.12', login: { user: 'packet', password: 'env:SECRET' } }),
  syncAsMaster('pf1', run),
  reloadConfiguration('pf1', dialect),
  restartWebservices('pf1', dialect, run, { own: '192.0.2.11', virtual: '192.0.2.10' }),
  generateMariadbConf('pf1', dialect, ['192.0.2.11', '192.0.2.12']),
  setDefaultTarget('pf1', 'packetfence-cluster.target', 'multi-user.target'),
  enableServices('pf1', dialect, run, 'last'),
];
const all = made.flatMap((change) => [change, ...(change.inverse ? [change.inverse] : [])]);

describe.each(all.map((change) => [change.verb, change] as const))('%s', (_, { tells, requires }) => {
  test('says what it wants, and what it needs, in words', () => {
    expect(tells?.wanted).toMatch(/^\w|^\//);
    expect(Boolean(tells?.requires)).toBe(Boolean(requires));
    expect(`${tells?.wanted} ${tells?.requires}`).not.toMatch(/pgrep|\$|undefined [a-z]/);
  });

  test('says what is so, on a machine that has nothing of it, without noise', async () => {
    const { stdout, stderr } = await execa('sh', ['-c', tells?.seen ?? 'false']);
    expect(stdout.split('\n').every((line) => line.trim() !== '')).toBe(true);
    expect(stderr).toBe('');
  });
});

test('the question whether a server runs is no noise in what a change says last', async () => {
  expect((await execa('sh', ['-c', noServer], { reject: false })).stderr).toBe('');
});
