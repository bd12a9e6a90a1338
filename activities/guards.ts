/**
 * What a run owes a node stands on that node, as a script that needs nothing of ours: `sh FILE` puts the guard back.
 * Written before the guard is lowered, removed when it is back.
 */

import { quote } from '../cluster/commands/quote.js';
import { type Lock, type LockSeen, lockFromLine, lockInWords } from '../cluster/lock.js';
import type { Change, NodeName } from '../cluster/words.js';
import type { ClusterAccess } from './access.js';
import type { GuardNote, LedgerSeen } from './contract.js';
import { fail, Unreachable } from './errors.js';
import { readLock } from './lock.js';
import { refused } from './outcomes.js';
import { assignments, type Claim, lockFunctions, notHeld, whoHoldsTheLock } from './runner/lock.js';
import { type LedgerPlaces, ledgerPlaces } from './runner/request.js';
import type { Answer, Remote, SshPool } from './ssh/pool.js';

export interface OwedGuard {
  readonly node: NodeName;
  /** Name of the script, in `guards/` of the ledger's folder. */
  readonly file: string;
  /** What was lowered, and how it goes back: titles of the two changes. */
  readonly title: string;
  readonly back: string;
  readonly run: string;
  /** When it was noted, as ISO 8601. */
  readonly since: string;
  /** Words for when it may go back; absent: at any time. */
  readonly condition?: string;
}

export interface OwedGuards {
  readonly guards: readonly OwedGuard[];
  /** Nodes that could not be asked: they may owe more. */
  readonly unreached: readonly Unreachable[];
  /** The lock of each node that could be asked. */
  readonly locks: readonly LockSeen[];
}

/**
 * Run twice: the same file again. Answers false, with nothing written and no lock taken, where the node is not the one
 * that is `known`: the runner asks about it. Errors: Refused, where another run holds the node.
 */
export async function noteGuard(
  node: Remote,
  note: GuardNote,
  claim: Claim,
  { known, places = ledgerPlaces }: { readonly known?: LedgerSeen | undefined; readonly places?: LedgerPlaces } = {},
): Promise<boolean> {
  const folder = guardsIn(places);
  const script = `umask 077; ${known ? isStill(known, places) : ''}${whoHoldsTheLock(claim, places)}set -e
mkdir -p ${quote(folder)}; cd ${quote(folder)}
printf %s ${quote(guardText(note, new Date()))} >.new.$$
sync .new.$$; mv .new.$$ ${quote(fileOf(note))}; sync . ..`;
  const answer = await node.sh(script);
  if (answer.code === anotherNode) return false;
  expectDone(note.change, claim, answer, 'Nothing was lowered.');
  return true;
}

const anotherNode = 5;

/** As the runner compares it, before it writes anything. */
const isStill = (
  { ledger, counter, machine }: LedgerSeen,
  { dir }: LedgerPlaces,
): string => `cd ${quote(dir)} 2>/dev/null &&
[ "$(cat id)" = ${quote(ledger)} ] && read -r n n_rest <newest && [ "$n" -ge ${counter} ] &&
${machine === '' ? ':' : `[ "$(cat /etc/machine-id)" = ${quote(machine)} ]`} || exit ${anotherNode}
`;

/**
 * What is back is owed by nobody: the notes of earlier runs go too; those are over, for this one holds the lock. Run
 * twice: there is nothing left to remove. Errors: Refused, where another run holds the node.
 */
export async function removeGuard(node: Remote, note: GuardNote, claim: Claim, places = ledgerPlaces): Promise<void> {
  const folder = quote(guardsIn(places));
  const script = `${whoHoldsTheLock(claim, places)}[ -d ${folder} ] || exit 0; cd ${folder} && rm -f *.${quote(endOf(note))} && sync .`;
  expectDone(note.change, claim, await node.sh(script), 'The guard is back; only its note is still there.');
}

/** On every node of the cluster. */
export async function listGuards(pool: SshPool, access: ClusterAccess, places = ledgerPlaces): Promise<OwedGuards> {
  const asked = await Promise.all(
    access.nodes.map(async ({ node }) => {
      try {
        const remote = await pool.reach(access, node);
        const [guards, lock] = await Promise.all([guardsOn(remote, places), readLock(remote, places)]);
        return { guards, lock };
      } catch (error) {
        if (error instanceof Unreachable) return error;
        throw error;
      }
    }),
  );
  const told = asked.flatMap((each) => (each instanceof Unreachable ? [] : [each]));
  return {
    guards: told.flatMap(({ guards }) => guards),
    locks: told.map(({ lock }) => lock),
    unreached: asked.filter((each) => each instanceof Unreachable),
  };
}

/**
 * Runs the script of one guard; whether its condition holds is for the caller to ask first, and whether the lock that it
 * saw there (`seen`) is in the way: a run that took the node meanwhile works there now, and none can take it before the
 * script has ended. Run twice: it is found back.
 * Errors: Failed, Refused (another run holds the node, or what it requires does not hold), Unreachable.
 */
export async function restoreGuard(
  node: Remote,
  { file, back, seen }: Pick<OwedGuard, 'file' | 'back'> & { readonly seen?: Lock | undefined },
  places = ledgerPlaces,
): Promise<void> {
  const script = `${assignments({ lock: `${places.dir}/lock`, seen: seen ? `${seen.epoch} ${seen.run}` : '' })}${lockFunctions}
put_back() { # alone: no run takes the lock meanwhile
k_read || { echo 'the lock is damaged'; exit ${notHeld}; }
[ "$k_state" != held ] || [ "$k_epoch $k_run" = "$c_seen" ] || { k_tell; exit ${notHeld}; }
cd ${quote(guardsIn(places))} || exit 0; [ ! -e ${quote(file)} ] || sh ./${quote(file)} 2>&1 7>&-
}
k_alone put_back`;
  const { code, stdout } = await node.sh(script, { deadline: 600_000 });
  if (code === 0) return;
  if (code === notHeld) {
    const [line = ''] = stdout.split('\n');
    const lock = / held \.$/.test(line) ? lockFromLine(line) : undefined;
    throw fail(
      'Refused',
      { node: node.node, title: back },
      {
        seen: lock ? `A run has taken this node meanwhile: ${lockInWords(lock)}.` : `${line}.`,
        changed: 'Nothing was done; the guard is still owed.',
        next: lock ? 'When that run has ended, look again.' : 'See docs/locks.md.',
      },
    );
  }
  const said = stdout.trim().slice(-1_000);
  throw fail(
    code === refusedCode ? 'Refused' : 'Failed',
    { node: node.node, title: back },
    {
      seen: said || `Its script ended with code ${code}.`,
      changed: 'The guard is still owed.',
      next: 'Look at the node, and try again.',
    },
  );
}

async function guardsOn(node: Remote, places: LedgerPlaces): Promise<OwedGuard[]> {
  const folder = quote(guardsIn(places));
  const script = `cd ${folder} 2>/dev/null || exit 0; for f in *.sh; do [ ! -e "$f" ] || { echo "file: $f"; sed -n 's/^# \\([a-z]*: \\)/\\1/p' "$f"; }; done`;
  const { stdout } = await node.sh(script);
  return stdout
    .split(/^(?=file: )/m)
    .filter(Boolean)
    .map((text) => {
      const {
        file = '',
        title = '',
        back = '',
        run = '',
        since = '',
        condition,
      } = Object.fromEntries(
        text.split('\n').flatMap((line) => {
          const [, name, value] = /^([a-z]+): (.*)/.exec(line) ?? [];
          return name && value ? [[name, value]] : [];
        }),
      ) as Partial<Record<string, string>>;
      return { node: node.node, file, title, back, run, since, ...(condition && { condition }) };
    });
}

const refusedCode = 3;

/** The script of a guard. Exit 0: it is back, and the script is gone. */
export function guardText({ run, change, condition }: GuardNote, at: Date): string {
  const { inverse } = change;
  if (!inverse) throw new TypeError(`${change.verb} has no inverse, so it cannot be a guard`);
  const line = (text: string) => text.replaceAll(/\s+/g, ' ');
  const needed = inverse.tells?.requires ? ` (${inverse.tells.requires})` : '';
  const secrets = Object.keys(inverse.secrets ?? {}).map(
    (name) => `: "\${${name}:?must be set to the secret of that name}"\n`,
  );
  return `#!/bin/sh
# A pfrunbook run lowered this protection and owes it back. \`sh FILE\`, as root, puts it back; then this file is gone.
# title: ${line(change.title)}
# back: ${line(inverse.title)}
# run: ${run}
# since: ${at.toISOString()}
${condition ? `# condition: ${line(condition)}\n` : ''}\
${ranBefore(change) ? '' : '# ran: no\n'}\
${secrets.join('')}\
wanted() ( set -e
${inverse.wanted}
)
requires() ( set -e
${inverse.requires ?? ':'}
)
act() ( set -e
${inverse.script}
)
# Plain calls: \`if wanted\` would switch set -e off inside.
wanted >/dev/null 2>&1; is_back=$?
if [ $is_back -ne 0 ]; then
  requires >/dev/null 2>&1; may=$?
  [ $may -eq 0 ] || { echo ${quote(`Refused: what must be so before it is not so${needed}. Nothing was done.`)} >&2; exit ${refusedCode}; }
  act; code=$?
  wanted >/dev/null 2>&1; is_back=$?
  [ $is_back -eq 0 ] || { echo "It ended with code $code, and is not back." >&2; exit 1; }
fi
rm -f -- "$0"
`;
}

/** What starts a unit when it is taken back says so. */
export const ranBefore = ({ inverse }: Change): boolean => inverse?.given?.start !== 'false';

/** What stands on that node, and the barriers against it, which stand on the others. */
export const concerns = ({ node, file }: Pick<OwedGuard, 'node' | 'file'>, name: NodeName): boolean =>
  node === name || file.endsWith(`.keepOut-${name}.${node}.sh`);

const guardsIn = ({ dir }: LedgerPlaces): string => `${dir}/guards`;
export const fileOf = (note: GuardNote): string => `${note.run.replaceAll('/', '_')}.${endOf(note)}`;

/** What is owed, whoever lowered it. A survivor may keep several nodes out: each is a guard of its own. */
export function endOf({ change: { verb, node, given } }: GuardNote): string {
  return `${given?.absent === undefined ? verb : `${verb}-${given.absent}`}.${node}.sh`;
}

function expectDone(change: Change, { epoch }: Claim, { code, stdout, stderr }: Answer, changed: string): void {
  if (code === 0) return;
  if (code === notHeld) throw refused(change, stdout.trim(), epoch);
  throw fail('Failed', change, {
    seen: `The note of what it owes could not be written on the node: ${stderr.trim() || `code ${code}`}.`,
    changed,
    next: 'Make room under /var on the node, then retry.',
  });
}
