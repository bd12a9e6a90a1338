/**
 * Guide 9.2, one server at a time: the files for its new names, after a question; its reboot, after another; and the proof that the
 * same interfaces answer under them. Also the reboot of a server for any other reason.
 */

import { reloadConfiguration } from '../cluster/commands/configuration.js';
import { reboot } from '../cluster/commands/prepare.js';
import { renameInterfaces } from '../cluster/commands/rename.js';
import type { Dialect } from '../cluster/dialect.js';
import type { ServerSeen } from '../cluster/prepare.js';
import type { Renaming, Unbooted } from '../cluster/renaming.js';
import type { Cluster, NodeName } from '../cluster/words.js';
import { judge, look, watch } from './proxies.js';
import type { Run } from './runbook.js';

/** A server's firmware and its file systems take their time; after this long somebody looks at the console. */
const bootLimit = 15; // minutes

interface Facts {
  readonly cluster: Cluster;
  readonly clusterConf: string;
  readonly addresses: Readonly<Record<NodeName, string>>;
  readonly dialect: Dialect;
}

/** What became of one: its names are there; its files are written, and a person reboots it; a person does it all. */
export type Became = 'renamed' | 'written' | 'left';

export async function renameOne(run: Run, node: NodeName, facts: Facts): Promise<Became> {
  const { clusterConf, dialect } = facts;
  const { run: of } = run.order;
  const judged = async () => ({
    clusterConf,
    osFamily: dialect.osFamily,
    server: await serverNow(run, node, facts),
    run: of,
  });
  let before: ServerSeen | undefined;
  const { choice, evidence } = await run.gate('rename', {
    question: `Rename the interfaces of ${node}?`,
    cost: 'a mistake takes it off the network, and its way back is the console; nothing takes effect before its reboot',
    minutes: 'about 2',
    lastExit: `the reboot of ${node}`,
    evidence: async () => {
      const seen = await judged();
      before = seen.server;
      return run.judge(`See what ${node} calls its interfaces`, judge.renameNow, seen);
    },
  });
  const { renaming } = evidence;
  if (choice !== 'go' || !before) return 'left';
  if (!renaming) return 'renamed'; // somebody has done it meanwhile
  await run.change(`Rename the interfaces of ${node}`, [renameInterfaces(renaming, of)]);
  const reboots = await rebootRenamed(run, before, { node, moves: renaming.moves }, facts);
  return reboots ? 'renamed' : 'written';
}

/** False: a person does it later. `by`: an earlier run has written the files. */
export async function rebootRenamed(
  run: Run,
  before: ServerSeen,
  { node, moves, by }: Pick<Unbooted, 'node' | 'moves'> & Partial<Unbooted>,
  facts: Facts,
): Promise<boolean> {
  const { clusterConf, dialect } = facts;
  const renamed = { by: by ?? run.order.run, before: by !== undefined };
  const why = `It then goes by its new names: ${inWords(moves)}.`;
  if (!(await rebootOne(run, { node, bootId: before.bootId, renamed }, why))) return false;
  let now = before;
  await run.confirm(`Check that ${node} answers under its new names`, judge.renamedNow, async () => {
    now = await serverNow(run, node, facts);
    return { clusterConf, osFamily: dialect.osFamily, server: now, before, renaming: { node, moves } };
  });
  if (namesInPfConf(now, moves))
    await run.change(`Reload the configuration on ${node}`, [reloadConfiguration(node, dialect)], {
      maySkip: 'set-up reloads it again',
    });
  return true;
}

const namesInPfConf = ({ named }: ServerSeen, moves: Renaming['moves']): boolean =>
  named.some(
    ({ path, name }) => path.endsWith('/pf.conf') && moves.some(({ to }) => name === to || name.startsWith(`${to}.`)),
  );

const inWords = (moves: Renaming['moves']): string => moves.map(({ from, to }) => `${from} as ${to}`).join(', ');

async function serverNow(run: Run, node: NodeName, { cluster, addresses }: Facts): Promise<ServerSeen> {
  const which = { cluster: cluster.name, nodes: [node], addresses };
  const [server] = await run.read(`Look at the interfaces of ${node}`, look.servers, which);
  if (!server) throw new Error(`no answer for ${node}`);
  return server;
}

export interface Rebooting {
  readonly node: NodeName;
  readonly bootId: string;
  /** By whom, and whether that was an earlier run. */
  readonly renamed?: { readonly by: string; readonly before: boolean };
}

/** False: a person does it later. */
export async function rebootOne(run: Run, { node, bootId, renamed }: Rebooting, why: string): Promise<boolean> {
  const { name: cluster } = run.order.cluster;
  const which = { node, ...(renamed && { renamedBy: renamed.by }) };
  const { choice } = await run.gate('reboot', {
    question: `Reboot ${node} now? ${why}`,
    cost: `${node} is away for the length of a boot; the others are left alone meanwhile`,
    minutes: 'about 3',
    lastExit: renamed ? 'this question: after it the names cannot be taken back by a run' : 'any time',
    evidence: () =>
      run.judge('See what a reboot means', judge.rebootNow, { ...which, ...(renamed?.before && { before: true }) }),
  });
  if (choice !== 'go') return false;
  if (renamed) run.commit(`From here on ${node} boots with its new names`);
  await run.change(`Reboot ${node}`, [reboot(node, bootId)]);
  const facts = { cluster, bootId, limitMinutes: bootLimit, ...which };
  await run.until(`Wait until ${node} is up again`, watch.untilRebooted, facts, '1 hour');
  return true;
}
