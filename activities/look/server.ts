/** What a server is like before it is in any cluster. */
import { readFileSync } from 'node:fs';
import { quote } from '../../cluster/commands/quote.js';
import type { Inventory } from '../../cluster/inventory.js';
import { portsBetween, type ServerSeen } from '../../cluster/prepare.js';
import { Unreachable } from '../errors.js';
import type { Remote } from '../ssh/pool.js';
import { Lines } from './lines.js';

const script = ['prepared', 'server']
  .map((name) => readFileSync(new URL(`./${name}.sh`, import.meta.url), 'utf8'))
  .join('');

export async function readServer(remote: Remote, addresses: Inventory['addresses']): Promise<ServerSeen> {
  const { node } = remote;
  const peers = Object.keys(addresses).flatMap((name) => (name === node ? [] : (addresses[name] ?? [])));
  const asked = `peers=${quote(peers.join(' '))}; ports=${quote(portsBetween.join(' '))}\n${script}`;
  const { stdout } = await remote.sh(asked, { deadline: 30_000 });
  return serverFromText(node, stdout, ownMachine());
}

/** From what server.sh said. Throws Unreachable where it was cut off. */
export function serverFromText(node: string, text: string, worker: string): ServerSeen {
  const said = new Lines(text);
  if (!said.has('end')) throw new Unreachable(node, 'the look was cut off before its end', 'Look again.');
  const tools = said.all('tool');
  const setting = (key: string) => ({
    now: said.all('now').includes(`${key} 1`),
    kept: said.all('kept').includes(`${key} 1`),
  });
  const addresses = said.all('address').map((row) => row.split(' '));
  const kernel = new Map(said.all('kernel').map((row) => row.split(' ') as [string, string]));
  return {
    node,
    workerRunsHere: worker !== '' && said.one('machine') === worker,
    hasSocat: tools.includes('socat'),
    hasCopyTool: { mariabackup: tools.includes('mariabackup'), xtrabackup: tools.includes('xtrabackup') },
    nonlocalBind: setting('net.ipv4.ip_nonlocal_bind'),
    ipv6Off: setting('net.ipv6.conf.all.disable_ipv6'),
    databaseHost: said.one('databaseHost'),
    databaseVersion: said.one('databaseVersion'),
    foreignUnits: said.all('foreign'),
    clusterConf: said.all('conf'),
    bootId: said.one('boot'),
    osVersion: said.one('osVersion'),
    systemd: Number(said.one('systemd')),
    grubCfg: said.one('grubCfg'),
    interfaces: said.all('link').map((row) => {
      const [name = '', mac = '-', kind = '-', parent = '-', id = '-'] = row.split(' ');
      const kernelName = kernel.get(name);
      return {
        name,
        addresses: addresses.flatMap(([link, address]) => (link === name && address !== undefined ? [address] : [])),
        ...(mac !== '-' && { mac }),
        ...(kind !== '-' && { kind }),
        ...(kind === 'vlan' && { vlan: { parent, id: Number(id) } }),
        ...(kernelName !== undefined && { kernelName }),
      };
    }),
    next: said.all('next').map((row) => {
      const [mac = '', name = ''] = row.split(' ');
      return { mac, name };
    }),
    renamedBy: said.all('renamedBy').map((row) => {
      const [run = '', mac = '', from = '', to = ''] = row.split(' ');
      return { run, mac, from, to };
    }),
    named: said.all('names').map(placed),
    patterns: said.all('pattern').map(placed),
    closed: said.all('closed'),
  };
}

/** "eno1 /etc/network/interfaces" */
function placed(row: string): { readonly name: string; readonly path: string } {
  const at = row.indexOf(' ');
  return { name: row.slice(0, at), path: row.slice(at + 1) };
}

function ownMachine(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return '';
  }
}
