/** A plan of a join where the joiner shows another host key: it is the first question, and nothing is foretold of what is behind it. */
import { expect, test } from 'vitest';
import { ModelCluster } from '../../../model/cluster.js';
import type { SeenBesides } from '../../../worker/plan/imagine.js';
import { planToMarkdown } from '../../../worker/plan/markdown.js';
import { argumentsAsTyped } from '../../../workflows/catalogue.js';
import { planned } from './planned.js';

test('shows both keys, and does not call a server unreachable that answers under another key', async () => {
  const model = new ModelCluster(['pf1', 'pf2', 'pf3']).reinstall('pf3');
  const plan = await planned(
    model.all.map((node) => node.see()),
    {
      workflow: 'joinNode',
      args: { node: 'pf3' },
      besides: {
        hostKey: {
          node: 'pf3',
          verdict: 'changed',
          shown: 'ssh-ed25519 SHA256:now',
          known: ['ssh-ed25519 SHA256:before'],
        },
      },
    },
  );
  const { way, verdict } = plan;
  const [question] = way.next;
  if (question?.kind !== 'question') throw new Error(`no question: ${JSON.stringify(way.next)}`);
  expect([way.next.length, question.name]).toEqual([1, 'host-key']);
  expect(verdict.join('\n')).toMatch(
    /Known until now: ssh-ed25519 SHA256:before\..*Shown now: ssh-ed25519 SHA256:now\./s,
  );
  expect(verdict.every((line) => line.length > 'unknown'.length)).toBe(true); // sentences, no letters
  const trusted = question.branches.find(({ choice }) => choice === 'trust')?.section;
  expect(trusted?.next).toMatchObject([
    {
      kind: 'end',
      phase: 'refused',
      because: expect.stringMatching(/without trusting its host key; when that is known, make the plan again/),
    },
  ]);
});

test('the line that starts it holds every argument, as it is typed', async () => {
  const plan = { ...(await join({})), runbook: 'join-node', args: { node: 'pf3', even: true } };
  const text = planToMarkdown({
    ...{ plan, title: 'Join a node', guide: '3.5', purpose: 'x', by: 'anna', madeAt: new Date(0) },
    ...{ summary: '', table: [], histories: [] },
  });
  expect(text).toContain(`pfrunbook start join-node hq --node pf3 --even --plan ${plan.hash}\``);
  const given = { secret: 'file:/root/our key', routerId: 7, unicast: true };
  expect(argumentsAsTyped('secure-keepalived', given)).toBe(" --secret 'file:/root/our key' --router-id 7 --unicast");
  expect(argumentsAsTyped('prepare-nodes', {})).toBe('');
});

test('goes to the end on nodes that have addresses of their own', async () => {
  const model = new ModelCluster(['pf1', 'pf2', 'pf3']).reinstall('pf3', 'known');
  const { way } = await planned(
    model.all.map((node) => node.see()),
    { workflow: 'joinNode', args: { node: 'pf3' } },
  );
  expect(JSON.stringify(way)).toContain('Take the configuration over from 198.51.100.21 on pf3');
  expect(JSON.stringify(way)).toContain('"phase":"done"');
});

const join = (here: Partial<NonNullable<SeenBesides['here']>>) => {
  const model = new ModelCluster(['pf1', 'pf2', 'pf3']).reinstall('pf3', 'known');
  const pf3 = model.node('pf3');
  const seen = { installed: [pf3.installed([], '198.51.100.23')], data: [pf3.dataHeld()], ...here };
  return planned(
    model.all.map((node) => node.see()),
    { workflow: 'joinNode', args: { node: 'pf3' }, besides: { here: seen } },
  );
};

test('says what the joiner lacks, and what it holds, as the run would', async () => {
  const model = new ModelCluster(['pf3']);
  const unprepared = await join({ installed: [{ ...model.node('pf3').installed([], ''), lacks: ['socat'] }] });
  expect(unprepared.way.next).toMatchObject([
    { kind: 'end', phase: 'refused', because: expect.stringMatching(/pf3: socat is not installed/) },
  ]);
  const shop = { name: 'shop', tables: 3, bytes: 1e6, writtenAt: 0 };
  const holding = await join({ data: [{ node: 'pf3', datadir: '/srv/mysql', bytes: 1e6, schemas: [shop] }] });
  expect(holding.way.next).toMatchObject([{ kind: 'question', name: 'data' }]);
  expect(JSON.stringify(holding.way.next)).toContain('/srv/mysql.aside-hq-THE-RUN');
});
