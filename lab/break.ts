/** `lab break SCENARIO`: the scenarios by the names that an operator would give them. */
import { type Command, Option } from 'commander';
import type { Census } from './census.js';
import { checkNodes, isZoned, type Lab } from './lab.js';
import { partition } from './network.js';
import { fillDisk } from './scenarios/disk-full.js';
import { gracefulStop } from './scenarios/graceful-stop.js';
import { killAll, loseNode } from './scenarios/kill.js';
import { removeLineage } from './scenarios/no-lineage.js';
import { powerCut } from './scenarios/power-cut.js';
import { type SplitKind, splitBrain } from './scenarios/split-brain.js';
import { BadInput } from './shell.js';

export function addBreak(lab: Command, current: () => Promise<Lab>): void {
  const command = lab.command('break').description('break the cluster in one of these ways');

  command
    .command('power-cut [nodes...]')
    .description('all nodes, or these, lose power in the same instant and boot again; what was not fsynced is gone')
    .option('--torn-view <node>', "this node's gvwstate.dat is found empty: the cluster then never forms by itself")
    .option('--stay-off <nodes...>', 'these are not booted again (`heal` or `start NODE` does)')
    .action(async (names: string[], { tornView, stayOff = [] }: { tornView?: string; stayOff?: string[] }) => {
      const lab = await current();
      const nodes = chosen(lab, names);
      const apart = [...stayOff, ...(tornView === undefined ? [] : [tornView])].filter((node) => !nodes.includes(node));
      if (apart.length > 0)
        throw new BadInput(
          `${apart.join(', ')}: not among the nodes that lose power (${nodes.join(', ')}). Nothing was touched.`,
        );
      const census = await powerCut(lab, nodes, { ...(tornView !== undefined && { tornView }), stayOff });
      console.log(
        `the power of ${nodes.join(', ')} was cut${stayOff.length > 0 ? `; ${stayOff.join(', ')} stay off` : ', and is back'}`,
      );
      if (census !== undefined) console.log(censusWords(census));
      if (tornView !== undefined)
        console.log(`${tornView}'s gvwstate.dat is empty: the nodes will wait for each other for ever`);
    });

  command
    .command('kill [nodes...]')
    .description('kill -9 of everything on all nodes, or these, and a boot; nothing written is lost')
    .action(async (names: string[]) => {
      const lab = await current();
      const nodes = chosen(lab, names);
      await killAll(lab, nodes);
      console.log(`${nodes.join(', ')} were killed and boot again`);
    });

  command
    .command('graceful-stop')
    .description("every database is stopped cleanly, the first node's last; the nodes stay on")
    .option('--crash-last', 'the last one is killed, alone and Primary')
    .option('--power-off', 'the nodes are shut down, not only their databases')
    .action(async (options: { crashLast?: boolean; powerOff?: boolean }) => {
      if (options.crashLast && options.powerOff)
        throw new BadInput('--crash-last and --power-off exclude each other. Nothing was touched.');
      const lab = await current();
      await gracefulStop(lab, options);
      console.log(`the databases are stopped, ${lab.nodes[0]}'s last${options.crashLast ? ', by kill -9' : ''}`);
    });

  command
    .command('one-node-lost <node>')
    .description('this node dies and stays off')
    .action(async (node: string) => {
      const lab = await current();
      checkNodes(lab, [node]);
      await loseNode(lab, node);
      console.log(`${node} is off`);
    });

  command
    .command('partition')
    .description('groups of nodes cannot reach each other; this machine still reaches all')
    .requiredOption('--groups <groups>', 'for example pf1/pf2,pf3')
    .action(async ({ groups }: { groups: string }) => {
      const lab = await current();
      const parts = groups.split('/').map((part) => part.split(',').filter((node) => node !== ''));
      const named = checkNodes(lab, parts.flat());
      const once = new Set(named).size === named.length && named.length === lab.nodes.length;
      if (!once || parts.length < 2)
        throw new BadInput(
          `--groups wants each of ${lab.nodes.join(', ')} once, in two groups or more: pf1/pf2,pf3. Nothing was touched.`,
        );
      await partition(lab, parts);
      console.log(`${parts.map((part) => part.join(' and ')).join(' | ')} cannot reach each other`);
    });

  command
    .command('zone-cut <zone>')
    .description('this zone and the others cannot reach each other; clients and this machine still reach all')
    .action(async (zone: string) => {
      const lab = await current();
      const cut = lab.zones.find(({ name }) => name === zone && name !== '');
      if (cut === undefined)
        throw new BadInput(
          isZoned(lab)
            ? `lab ${lab.name} has the zones ${lab.zones.map(({ name }) => name).join(', ')}; not ${zone}. Nothing was touched.`
            : `lab ${lab.name} has no zones (\`lab up --zones\` makes one that has). Nothing was touched.`,
        );
      await partition(lab, [cut.nodes, lab.nodes.filter((node) => !cut.nodes.includes(node))]);
      console.log(`zone ${zone} (${cut.nodes.join(', ')}) is cut off`);
    });

  command
    .command('split-brain')
    .description('two halves that both took writes: the first node, and the others')
    .addOption(
      new Option('--kind <kind>', 'one history each, under two uuids or under the same')
        .choices(['uuids', 'same-uuid'])
        .default('same-uuid'),
    )
    .action(async ({ kind }: { kind: SplitKind }) => {
      const lab = await current();
      await splitBrain(lab, kind);
      console.log(`${lab.nodes[0]} and ${lab.nodes.slice(1).join(', ')} hold different histories (${kind})`);
    });

  command
    .command('disk-full <node>')
    .description("nothing is left on this node's /var/lib")
    .action(async (node: string) => {
      const lab = await current();
      checkNodes(lab, [node]);
      await fillDisk(lab, node);
      console.log(`${node}: /var/lib is full`);
    });

  command
    .command('no-lineage [nodes...]')
    .description("the evidence of the nodes' histories is removed, as on Galera 3; their databases must be stopped")
    .action(async (names: string[]) => {
      const lab = await current();
      const nodes = chosen(lab, names);
      await removeLineage(lab, nodes);
      console.log(`${nodes.join(', ')}: galera.cache and the wsrep_cluster tables are gone`);
    });
}

const chosen = (lab: Lab, names: readonly string[]): readonly string[] =>
  names.length === 0 ? lab.nodes : checkNodes(lab, names);

function censusWords({ acknowledged, disks, onNoDisk }: Census): string {
  return [
    `what the disks hold of ${acknowledged} acknowledged rows:`,
    ...disks.map(({ node, rows, highest, position, broken }) =>
      broken === undefined
        ? `  ${node}  ${rows} rows, the last is ${highest}, at ${position || 'an unknown position'}`
        : `  ${node}  no server can open it: ${broken}`,
    ),
    `  on no disk: ${onNoDisk}`,
  ].join('\n');
}
