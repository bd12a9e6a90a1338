/**
 * The image: Debian with the database, and over it a layer of the version profile's programs. Both are cached by a hash of what they
 * are made of; nodes lay their own changes over them (overlayfs), so a fresh node costs nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE } from './places.js';
import { beside, LabError, locked, run } from './shell.js';

const SUITE = 'bookworm';
export const PROFILE = '14.0';

export interface Image {
  /** Layers, top first. */
  readonly layers: readonly string[];
  /** Of Debian with its packages alone: what the databases' first state depends on. */
  readonly base: string;
}

const folderOf = (profile: string): string => beside(`./profiles/${profile}`);

/** A version profile's folders, the commonest first: each names in `like` the one that it changes. */
export async function profileFolders(profile: string): Promise<readonly string[]> {
  const like = await readFile(join(folderOf(profile), 'like'), 'utf8').catch(() => undefined);
  return [...(like === undefined ? [] : await profileFolders(like.trim())), folderOf(profile)];
}

/** The versions that there are. */
export async function profiles(): Promise<readonly string[]> {
  return (await readdir(beside('./profiles'))).filter((name) => /^\d/.test(name)).sort();
}

/** A file of the profile, from the folder that changed it last. */
export async function profileFile(profile: string, file: string): Promise<string> {
  for (const folder of (await profileFolders(profile)).toReversed())
    if (existsSync(join(folder, file))) return readFile(join(folder, file), 'utf8');
  throw new LabError(`profile ${profile} has no ${file}`);
}

/** Returns the image, made if it is not there: two minutes, once. */
export async function image(profile: string, say: (words: string) => void): Promise<Image> {
  await mkdir(CACHE, { recursive: true });
  return locked(join(CACHE, 'lock'), async () => {
    const packages = (await readFile(beside('./image/packages'), 'utf8'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const base = digest([SUITE, ...packages]);
    const baseRoot = join(CACHE, `base-${base}`);
    if (!existsSync(baseRoot)) {
      say(`making the image: Debian ${SUITE} with ${packages.length} packages (about two minutes, once)`);
      await made(baseRoot, (root) => debootstrap(packages, root));
    }
    const layer = join(
      CACHE,
      `layer-${digest([base, LAY, ...(await treeDigests([beside('./image'), ...(await profileFolders(profile))]))])}`,
    );
    if (!existsSync(layer)) {
      say(`laying profile ${profile} over the image`);
      await made(layer, (upper) => lay(profile, baseRoot, upper));
    }
    return { layers: [layer, baseRoot], base };
  });
}

/** A folder appears under its name only when it is complete. */
export async function made(folder: string, make: (folder: string) => Promise<void>): Promise<void> {
  const draft = await mkdtemp(`${folder}.`);
  try {
    await run('chmod', ['755', draft]);
    await make(draft);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** From where this machine's own packages come, so that mirrors and proxies that an operator set up are used. */
async function debootstrap(packages: readonly string[], root: string): Promise<void> {
  const targets = await run('apt-get', [
    'indextargets',
    '--format',
    '$(CODENAME) $(COMPONENT) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  const mirror = targets
    .split('\n')
    .find((line) => line.startsWith(`${SUITE} main `))
    ?.split(' ')[2];
  await run(
    'debootstrap',
    [
      '--variant=minbase',
      `--include=${packages.join(',')}`,
      '--keyring=/usr/share/keyrings/debian-archive-keyring.gpg',
      SUITE,
      root,
      ...(mirror ? [mirror] : []),
    ],
    { timeout: 900_000 },
  );
}

/** Programs keep their modes; everything belongs to root until install.sh says otherwise. */
async function lay(profile: string, baseRoot: string, upper: string): Promise<void> {
  await run('unshare', [
    '--mount',
    'sh',
    '-eu',
    '-c',
    LAY,
    'lay',
    baseRoot,
    upper,
    beside('./image'),
    ...(await profileFolders(profile)),
  ]);
}

const LAY = `
work=$(mktemp -d "$2.work.XXXX") merged=$(mktemp -d "$2.merged.XXXX")
trap 'cd /; umount -R "$merged" || :; rm -rf "$work"; rmdir "$merged"' EXIT
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2,workdir=$work" "$merged"
mount -t proc proc "$merged/proc"
cd "$merged"
shift 2
cp -R --preserve=mode "$1/root/." .
chroot . sh -s <"$1/install.sh"
shift
for part; do
  [ ! -d "$part/root" ] || cp -R --preserve=mode "$part/root/." .
  for script in era daemons node formed install; do
    [ ! -e "$part/$script.sh" ] || install -m 644 "$part/$script.sh" usr/local/lib/pfrunbook-lab/
  done
done
chroot . sh /usr/local/lib/pfrunbook-lab/install.sh`;

const treeDigests = (folders: readonly string[]): Promise<string[]> => Promise.all(folders.map(treeDigest));

/** Of names, modes and contents, in order. */
async function treeDigest(folder: string): Promise<string> {
  const parts: string[] = [];
  const names = (await readdir(folder, { recursive: true })).sort();
  for (const name of names) {
    const path = join(folder, name);
    const { mode, isFile } = await stat(path).then((found) => ({ mode: found.mode, isFile: found.isFile() }));
    parts.push(name, mode.toString(8), isFile ? (await readFile(path)).toString('base64') : '');
  }
  return digest(parts);
}

export const digest = (parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
