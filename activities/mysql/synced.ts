/** Waits until a node's database serves: Primary and Synced by its own word, never by a guess from time or processes. */
import { sleep } from '@temporalio/activity';
import { knownUnits } from '../../cluster/dialect.js';
import { fail, Unreachable } from '../errors.js';
import type { Remote } from '../ssh/pool.js';
import { NoAnswer, openSql, type Sql } from './query.js';

const between = 250; // ms between questions, to a server that does not answer yet as well
const looks = 1_000; // ms between looks at the processes of one that does not: each costs a few on the node

export interface Watch {
  readonly node: string;
  readonly reach: () => Promise<Remote>;
  /** Called when something moved. */
  readonly tell: (details: object) => void;
  /** Milliseconds without a server process, before that is called the end: a unit's own scripts run before it. */
  readonly patience?: number;
}

/** Errors: Failed, where no server process is left and none is being started; the activity's cancellation. */
export async function untilSynced({ node, reach, tell, patience = 20_000 }: Watch): Promise<void> {
  let sql: Sql | undefined;
  let shown = '';
  let goneSince: number | undefined;
  let lookedAt = 0;
  const show = (details: object) => {
    const now = JSON.stringify(details);
    if (now !== shown) tell({ node, ...details });
    shown = now;
  };
  try {
    for (;;) {
      try {
        const remote = await reach();
        try {
          sql ??= await openSql(remote);
          const seen = await wsrep(sql);
          show(seen);
          if (isSynced(seen)) return;
          goneSince = undefined;
          await sleep(between);
        } catch (error) {
          if (!(error instanceof NoAnswer)) throw error;
          sql = undefined;
          if (Date.now() - lookedAt >= looks) {
            const { starting, bytes, lastWords } = await process(remote);
            lookedAt = Date.now();
            show({ noAnswer: error.because, starting, bytes });
            goneSince = starting ? undefined : (goneSince ?? Date.now());
            if (goneSince !== undefined && Date.now() - goneSince > patience) throw ended(node, lastWords);
          }
          await sleep(between);
        }
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        sql = undefined;
        show({ unreachable: error.because });
        await sleep(looks);
      }
    }
  } finally {
    sql?.close();
  }
}

interface Wsrep {
  readonly cluster_status?: string;
  readonly local_state_comment?: string;
  readonly ready?: string;
  readonly connected?: string;
}

const isSynced = (seen: Wsrep): boolean =>
  seen.cluster_status === 'Primary' &&
  seen.local_state_comment === 'Synced' &&
  seen.ready === 'ON' &&
  seen.connected === 'ON';

const shownNames = [
  'cluster_status',
  'local_state_comment',
  'ready',
  'connected',
  'cluster_size',
  'last_committed',
  'local_recv_queue',
];

async function wsrep(sql: Sql): Promise<Wsrep> {
  const names = shownNames.map((name) => `'wsrep_${name}'`).join(', ');
  const rows = await sql.ask(`show global status where variable_name in (${names})`);
  return Object.fromEntries(rows.map(({ Variable_name = '', Value }) => [Variable_name?.replace('wsrep_', ''), Value]));
}

/** A server that does not answer may be receiving a copy: its bytes move. */
async function process(remote: Remote): Promise<{ starting: boolean; bytes: number; lastWords: string }> {
  const units = knownUnits.mariadb.join(' ');
  const { stdout } = await remote.sh(`
for u in ${units}; do case $(systemctl is-active "$u" 2>/dev/null) in active | activating | reloading) echo starting ;; esac; done
pgrep -x 'mariadbd|mysqld' >/dev/null && echo starting
echo "bytes $(du -s --block-size=1 /var/lib/mysql 2>/dev/null | cut -f 1)"
for u in ${units}; do journalctl -q -u "$u" -n 5 --no-pager -o cat 2>/dev/null; done | tail -n 5 | sed 's/^/said /'`);
  const lines = stdout.split('\n');
  const after = (word: string) =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  return {
    starting: lines.includes('starting'),
    bytes: Number(after('bytes')[0] ?? 0),
    lastWords: after('said').join(' | '),
  };
}

function ended(node: string, lastWords: string) {
  return fail(
    'Failed',
    { node, title: `Wait until ${node} is Synced` },
    {
      seen: `No server process runs, and none is being started. Its last words: ${lastWords || 'none'}.`,
      changed: 'It has not joined; what it received so far is still on it.',
      next: 'Look at its error log and at the donor’s; start MariaDB there and retry, or abort.',
    },
  );
}
