import { expect, test } from 'vitest';
import type { Reached } from '../../cluster/observation.js';
import { viewFromText } from '../../cluster/position.js';
import { judgeViews } from '../../cluster/view.js';
import { nodeSeen } from './nodes.js';

const members = [
  '280a06b3-e7d1-11f1-8d48-d3aaafcab2e7',
  '282b8f7c-e7d1-11f1-b730-63c04b404e29',
  '28f67998-e7d1-11f1-acb9-4730965f6d82',
];

/** As captured after a power cut: each server has restored its view and counted its own uuid's fourth group up. */
const restored = (own: string): string => `my_uuid: ${own}
#vwbeg
view_id: 3 ${members[0]} 3
bootstrap: 0
${members.map((member) => `member: ${member} 0`).join('\n')}
#vwend
`;
const rewritten = `my_uuid: 00000000-0000-0000-0002-000000000000
#vwbeg
view_id: -1 00000000-0000-0000-0000-000000000000 0
bootstrap: 0
#vwend
`;

const waiting = (node: string, view: string): Reached =>
  nodeSeen(node, {
    database: {
      sql: { kind: 'silent', because: 'refused' },
      grastate: { uuid: '9456dacb-e7d0-11f1-8701-dac93b985e5e', seqno: -1, safeToBootstrap: false },
      view: viewFromText(view),
    },
    units: { mariadb: { active: 'activating', enabled: 'enabled', mainPid: 1 } },
  });

const mine = [
  '280a06b3-e7d1-11f1-8d49-d3aaafcab2e7',
  '282b8f7c-e7d1-11f1-b731-63c04b404e29',
  '28f67998-e7d1-11f1-acba-4730965f6d82',
];
const three = (third: string) =>
  ['pf2', 'pf3', 'pf1'].map((node, i) => waiting(node, i === 2 ? third : restored(mine[i] ?? '')));

test('a view that every running member restored is whole, although each counts its own uuid up', () => {
  expect(judgeViews(three(restored(mine[2] ?? '')))).toMatchObject({ kind: 'whole', holders: ['pf2', 'pf3', 'pf1'] });
});

test('a file that was emptied and rewritten is torn, whatever its size', () => {
  expect(judgeViews(three(rewritten))).toMatchObject({ kind: 'torn', torn: ['pf1'], holders: ['pf2', 'pf3'] });
});
