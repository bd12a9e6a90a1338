/** A plan of setting a cluster up: nothing is there yet, and a person has to work in the middle. */
import { expect, test } from 'vitest';
import { ModelCluster } from '../../../model/cluster.js';
import type { Section } from '../../../worker/plan/plan.js';
import { planned } from './planned.js';

const names = ['pf1', 'pf2', 'pf3'];

/** Titles, and the questions, of the way on which every question gets this answer. */
function story(section: Section, choice: string): string[] {
  const [next] = section.next;
  const own = [...section.steps, ...(next?.steps ?? [])].flatMap(({ orders }) => orders.map(({ title }) => title));
  if (next?.kind !== 'question') return [...own, `end: ${next?.phase}`];
  const branch = next.branches.find((one) => one.choice === choice);
  return [...own, `question: ${next.name}`, ...(branch ? story(branch.section, choice) : [])];
}

test('names every command up to the last server, and the statements that secure the database', async () => {
  const model = ModelCluster.blank(names, { configured: false });
  const plan = await planned(
    model.all.map((node) => node.see()),
    {
      workflow: 'setupCluster',
      setUp: {
        ...{ clusterConf: model.clusterConf, secrets: model.secrets },
        installed: model.all.map((node) => node.installed(names, model.addressOf(node.name))),
        data: model.all.map((node) => node.dataHeld()),
      },
    },
  );
  const all = story(plan.way, 'done');
  const wanted = [
    'Secure the database of pf1, as mysql_secure_installation does',
    'question: configurator',
    'Write /usr/local/pf/conf/cluster.conf on pf1',
    'Start a new cluster on pf1, from its own data',
    'Take the configuration over from 198.51.100.21 on pf2',
    'Start MariaDB on pf3 (full copy)',
    'Restart MariaDB on pf1 as an ordinary member',
    'Note on pf1 that the cluster is set up',
    'question: domains',
    'end: done',
  ];
  expect(all.filter((title) => wanted.includes(title))).toEqual(wanted);
  const scripts = Object.values(plan.commands).map(({ script }) => script);
  expect(scripts.filter((script) => script.includes('DROP DATABASE IF EXISTS test;'))).toHaveLength(1);
  expect(JSON.stringify(plan)).not.toMatch(/practice4/);
});
