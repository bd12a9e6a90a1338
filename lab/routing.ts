/**
 * What stands between the zones of a lab, and between them and the clients: the lab's network namespace routes, as a site's network
 * equipment does. Management reaches management, and clients the second networks; nothing else is let through.
 */
import {
  bridges,
  CLIENT_PREFIX,
  client,
  clientGateway,
  gateway,
  hostAddress,
  isZoned,
  type Lab,
  managementNetwork,
  nextHop,
  prefix,
} from './lab.js';
import { netns } from './places.js';
import { type Answer, ask, run } from './shell.js';

type Zoned = Pick<Lab, 'name' | 'slot' | 'zones'>;

/** The bridge of their network. */
export const CLIENTS = 'brx';
const clients = (lab: string): string => `${netns(lab)}.clients`;

/** `link`: this machine's end, on the first zone's management network. */
export async function makeRouting(lab: Zoned, link: string): Promise<void> {
  if (!isZoned(lab)) return;
  const inside = (...args: string[]): Promise<string> => run('ip', ['-n', netns(lab.name), ...args]);
  const all = lab.zones.map((_, zone) => bridges(zone));
  for (const [zone, [management, second]] of all.entries()) {
    await inside('address', 'add', `${gateway(lab, zone)}/${prefix(lab)}`, 'dev', management);
    await inside('address', 'add', `${nextHop(lab, zone)}/${prefix(lab)}`, 'dev', second);
    const route = [managementNetwork(lab, zone), 'via', gateway(lab, 0), 'dev', link, 'src', hostAddress(lab)];
    if (zone > 0) await run('ip', ['route', 'replace', ...route]);
  }
  await inside('address', 'add', `${clientGateway(lab)}/${CLIENT_PREFIX}`, 'dev', CLIENTS);
  const names = (at: 0 | 1): string => all.map((pair) => `"${pair[at]}"`).join(', ');
  await run('ip', ['netns', 'exec', netns(lab.name), 'sh', '-eu', '-c', FORWARD, 'forward'], {
    input: `table inet routed {
      chain forward {
        type filter hook forward priority 0; policy drop
        iifname { ${names(0)} } oifname { ${names(0)} } accept
        iifname { ${names(1)}, "${CLIENTS}" } oifname { ${names(1)}, "${CLIENTS}" } accept
      }
    }\n`,
  });
  await makeClient(lab);
}

/** Bridged frames are not routed packets, whatever the host's br_netfilter says. */
const FORWARD = 'echo 1 >/proc/sys/net/ipv4/ip_forward; nft -f -';

async function makeClient(lab: Zoned): Promise<void> {
  const space = clients(lab.name);
  await run('ip', ['netns', 'add', space]);
  await run('ip', [
    '-n',
    netns(lab.name),
    'link',
    'add',
    'client',
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    space,
  ]);
  await run('ip', ['-n', netns(lab.name), 'link', 'set', 'client', 'master', CLIENTS, 'up']);
  await run('ip', ['-n', space, 'address', 'add', `${client(lab)}/${CLIENT_PREFIX}`, 'dev', 'eth0']);
  await run('ip', ['-n', space, 'link', 'set', 'lo', 'up']);
  await run('ip', ['-n', space, 'link', 'set', 'eth0', 'up']);
  await run('ip', ['-n', space, 'route', 'add', 'default', 'via', clientGateway(lab)]);
}

export async function removeRouting(lab: string): Promise<void> {
  await ask('ip', ['netns', 'delete', clients(lab)]);
}

export const ofRouting = (lab: string): readonly string[] => [clients(lab)];

/** Runs a program as a client of the network behind the zones. */
export const onClient = (lab: Lab, command: readonly string[]): Promise<Answer> =>
  ask('ip', ['netns', 'exec', clients(lab.name), ...command]);
