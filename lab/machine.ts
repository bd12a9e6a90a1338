/** One node: on, off, cut off from its power, and what is asked of it from outside. Off is off: no process, no mount, no loop device. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { isPopulated, killGroup, removeGroup } from './cgroup.js';
import { clusterConf, INTERFACES } from './cluster-conf.js';
import { address, address2, bridges, gateway, isZoned, type Lab, prefix, zoneOf } from './lab.js';
import { labCgroup, netns, nodeFolder } from './places.js';
import { type Answer, ask, beside, type How, LabError, removeFolder, run, until } from './shell.js';
import { LAB_USERS } from './users.js';

const cgroup = (lab: Lab, node: string): string => join(labCgroup(lab.name), node);

/** As set up in a cluster, or as just installed. */
export type NodeState = 'formed' | 'blank';

/** A fresh node over a copy of `disk`: what it wrote before is gone, its name, addresses and host key stay. */
export async function dress(lab: Lab, node: string, disk: string, state: NodeState = 'formed'): Promise<void> {
  const folder = nodeFolder(lab.name, node);
  for (const part of ['upper', 'work']) {
    await removeFolder(join(folder, part));
    await mkdir(join(folder, part), { recursive: true });
  }
  await mkdir(join(folder, 'root'), { recursive: true });
  await makeKey(join(folder, 'ssh_host_ed25519_key'), node);
  const [first = ''] = lab.nodes;
  await run('cp', ['--sparse=always', '--reflink=auto', disk, join(folder, 'disk.ext4')]);
  await run('unshare', ['--mount', 'sh', beside('./dress.sh'), folder, lab.layers.join(':')], {
    env: {
      STATE: state,
      NODE: node,
      MACHINE_ID: randomBytes(16).toString('hex'),
      ADDRESS: address(lab, node),
      ADDRESS2: address2(lab, node),
      PREFIX: String(prefix(lab)),
      INTERFACE: INTERFACES[0],
      INTERFACE2: INTERFACES[1],
      GATEWAY: isZoned(lab) ? gateway(lab, zoneOf(lab, node)) : '',
      NODES: lab.nodes.map((name) => `${name}=${address(lab, name)}`).join(' '),
      CLUSTER_CONF: clusterConf(lab),
      FIRST: first,
      FIRST_ADDRESS: address(lab, first),
      FIRST_ADDRESS2: address2(lab, first),
      LAB_TIME_FACTOR: String(lab.timeFactor),
      ...LAB_USERS,
    },
  });
}

/** An SSH key pair, unless it is there. */
export async function makeKey(file: string, comment: string): Promise<void> {
  if (!existsSync(file)) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
}

/** Starts the node's keeper, which starts the node. Already on: nothing happens. */
export async function boot(lab: Lab, node: string): Promise<void> {
  if (await isOn(lab, node)) return;
  const folder = nodeFolder(lab.name, node);
  await settled(lab, node);
  await mkdir(join(cgroup(lab, node), 'keeper'), { recursive: true });
  const log = await open(join(folder, 'keeper.log'), 'a');
  const keeper = spawn(
    'sh',
    [
      '-c',
      'echo $$ >"$1/keeper/cgroup.procs"; shift; net=$1; shift; exec nsenter --net="$net" unshare --mount --pid --fork --kill-child --mount-proc sh "$@"',
      'keeper',
      cgroup(lab, node),
      join('/run/netns', netns(lab.name)),
      beside('./keeper.sh'),
      node,
      folder,
      lab.layers.join(':'),
      join('/sys/fs/cgroup/pfrunbook-lab', lab.name, node),
      ...bridges(zoneOf(lab, node)),
    ],
    { cwd: '/', detached: true, stdio: ['ignore', log.fd, log.fd] },
  );
  keeper.unref();
  await log.close();
  let said = '';
  await until(
    `${node} to run systemd`,
    60,
    async () => {
      said = await run('tail', ['-qn', '3', join(folder, 'keeper.log'), join(folder, 'console.log')]).catch(() => '');
      if (keeper.exitCode !== null) throw new LabError(`${node} does not start. Its last words:\n${said}`);
      return leader(lab, node);
    },
    () => `Its last words:\n${said}`,
  );
}

/** Until a connection to the node's SSH port is accepted. */
export async function answersSsh(lab: Lab, node: string): Promise<void> {
  await until(`${node} to accept SSH connections on ${address(lab, node)}`, 60, async () =>
    (await accepts(address(lab, node), 22)) ? true : undefined,
  );
}

export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const done = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', done(true)).once('error', done(false)).once('timeout', done(false));
  });
}

/** SIGKILL for every process of the node at once, its keeper included. What was written is kept, as nothing happened to the disk. */
export async function kill(lab: Lab, node: string): Promise<void> {
  await killGroup(cgroup(lab, node));
  await settled(lab, node);
}

/** Power off, all the nodes in the same instant: what was not fsynced never reaches their disks. */
export async function cutPower(lab: Lab, nodes: readonly string[]): Promise<void> {
  const disks: string[] = [];
  for (const node of nodes) {
    const pid = await leader(lab, node);
    if (pid !== undefined) disks.push(`/proc/${pid}/root/var/lib`);
  }
  if (disks.length > 0) await run('perl', [beside('./cut.pl'), ...disks]);
  await Promise.all(nodes.map((node) => kill(lab, node)));
}

export const isOn = (lab: Lab, node: string): Promise<boolean> => isPopulated(cgroup(lab, node));

/** The disk must be free before it is mounted again: two mounts of one image destroy it. */
async function settled(lab: Lab, node: string): Promise<void> {
  await removeGroup(cgroup(lab, node));
  const disk = join(nodeFolder(lab.name, node), 'disk.ext4');
  await until(`${disk} to be free`, 30, async () => ((await loops(disk)) === '' ? true : undefined));
}

const loops = async (file: string): Promise<string> => (existsSync(file) ? run('losetup', ['--associated', file]) : '');

/** Process id, on this machine, of the node's systemd. */
async function leader(lab: Lab, node: string): Promise<number | undefined> {
  const scope = join(cgroup(lab, node), 'machine/payload/init.scope/cgroup.procs');
  const first = (await readFile(scope, 'utf8').catch(() => '')).split('\n')[0];
  return first === undefined || first === '' ? undefined : Number(first);
}

/** nodeExec's exit code when there is no node to run on. */
export const OFF = 255;

/**
 * Runs sh on the node as root, from outside: neither SSH nor the network is needed. A node that goes down stops all its processes
 * before it kills them; nsenter then stops itself, and the node waits for ever for the child that nobody collects. A shell does not.
 */
export async function nodeExec(lab: Lab, node: string, script: string, how: How = {}): Promise<Answer> {
  const pid = await leader(lab, node);
  if (pid === undefined) return { code: OFF, stdout: '', stderr: `${node} is off` };
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return ask(
    'nsenter',
    [
      ...['--target', String(pid), '--all', '--no-fork', 'env', '-i', path, 'HOME=/root', 'LANG=C.UTF-8'],
      ...['sh', '-c', 'sh -c "$1"; exit $?', 'sh', script],
    ],
    how,
  );
}

/** The same, where anything but exit 0 is a failure of the lab. */
export async function nodeRun(lab: Lab, node: string, script: string, how: How = {}): Promise<string> {
  const { code, stdout, stderr } = await nodeExec(lab, node, script, how);
  if (code === 0) return stdout;
  throw new LabError(
    `${node}: \`${script.trim().slice(0, 160)}\` ended with ${code}: ${(stderr || stdout).slice(-600)}`,
  );
}

/** Runs sh on this machine with the disk of a node that is off mounted at $disk: the journal is replayed, as by the next boot. */
export async function onDisk(lab: Lab, node: string, script: string): Promise<string> {
  await settled(lab, node);
  return inMounted(lab, node, join(nodeFolder(lab.name, node), 'disk.ext4'), script);
}

/** The same, with the file system of `file` over the node's own root. */
export function inMounted(lab: Lab, node: string, file: string, script: string): Promise<string> {
  return inRoot([join(nodeFolder(lab.name, node), 'upper'), ...lab.layers], file, script);
}

/**
 * Runs sh with a file system at $disk, which is var/lib of $root: a root of these layers, on which changes are thrown away, so that
 * its programs can be run on that disk by chroot.
 */
export async function inRoot(layers: readonly string[], file: string, script: string): Promise<string> {
  const output = await run('unshare', [
    '--mount',
    'sh',
    '-eu',
    '-c',
    `${MOUNT}\n${script}`,
    'mounted',
    file,
    layers.join(':'),
  ]);
  await until(`${file} to be free again`, 30, async () => ((await loops(file)) === '' ? true : undefined));
  return output;
}

const MOUNT = `
  mount -t tmpfs tmpfs /mnt; mkdir /mnt/upper /mnt/work /mnt/root
  root=/mnt/root disk=/mnt/root/var/lib
  mount -t overlay overlay -o "lowerdir=$2,upperdir=/mnt/upper,workdir=/mnt/work" $root
  mount -o loop,noatime "$1" $disk
  mount -t proc proc $root/proc
  mount -t devtmpfs devtmpfs $root/dev`;
