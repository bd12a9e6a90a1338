/** What a run ends with, in words: nobody reads JSON on a bad day. */
import { expect, test } from 'vitest';
import { judges } from '../../activities/judge.js';
import { endLines } from '../../client/show/run.js';
import { columnsThatFit } from '../../cluster/text.js';
import type { Report } from '../../workflows/messages.js';
import { reportToMarkdown } from '../../workflows/report.js';
import { cluster, nodeSeen, off, replaced, waiting, well } from '../cluster/nodes.js';

const report = (result: unknown): string => {
  const ended: Report<unknown> = {
    ...{ run: 'hq/1', title: 'It', cluster: 'hq', by: 'anna', startedAt: 0, endedAt: 1000, phase: 'done', result },
    ...{ steps: [], owed: [], decisions: [], notCounted: [] },
  };
  return reportToMarkdown(ended);
};

test('of a diagnosis: the condition, the table, what was found, what is recommended', async () => {
  const seen = replaced('pf3', off('pf3'), replaced('pf2', nodeSeen('pf2', { flags: { maintenance: true } })));
  const text = report(await judges.diagnosis({ cluster, seen, vips: [] }));
  expect(text).toContain('- node down: pf1 and pf2 are Primary. pf3 is not reachable: no route to host.');
  expect(text).toContain('| pf3 | not reachable |');
  expect(text).toMatch(/### Found besides\n\n- pf2 is in maintenance/);
  const dead = report(await judges.diagnosis({ cluster, seen: well.map(({ node }) => waiting(node)), vips: [] }));
  expect(dead).not.toMatch(/[{}]/);
});

test('of a recovery: who was kept, how the others came back, where their data is', () => {
  const result = {
    kept: 'pf1',
    rejoined: [
      { node: 'pf2', way: 'IST', because: 'same history' },
      { node: 'pf3', way: 'full copy', because: 'asked for', aside: '/srv/mysql.aside-hq-1' },
    ],
    tables: {
      ...{ reference: 'pf1', tables: 9, seconds: 900 },
      others: [{ node: 'pf2', result: 'not compared', tables: [], because: 'the limit of 900 s ended it' }],
    },
    leftOut: ['pf4'],
  };
  expect(report(result)).toContain(
    [
      '- Kept: pf1.',
      '- pf2 came back by IST: same history.',
      '- pf3 came back by full copy: asked for. What it had stands in pf3:/srv/mysql.aside-hq-1.',
      '- Tables: pf2 was not compared with pf1: the limit of 900 s ended it.',
      '- pf4 was left out, behind a barrier: full-recovery, run again, brings it back.',
    ].join('\n'),
  );
  expect(report(result)).not.toContain('copied whole');
  const copied = report({ ...result, rejoined: result.rejoined.slice(1) });
  expect(copied).toContain('- Tables: not compared; who came back was copied whole.');
  expect(report({ anythingElse: ['pf1', 'pf2'], left: [] })).toContain('- anything else: pf1, pf2\n- left: none');
});

test('of a run that was aborted: the command that goes on from there, where there is one', () => {
  const aborted: Report<unknown> = {
    ...{ run: 'hq/1', title: 'Join a node', cluster: 'hq', by: 'anna', startedAt: 0, endedAt: 1000 },
    ...{ phase: 'aborted', steps: [], owed: [], decisions: [], notCounted: [] },
  };
  const next = 'pfrunbook start join-node hq --node pf3';
  expect(reportToMarkdown({ ...aborted, next })).toContain(`## Next\n\n- ${next} goes on from here.`);
  expect(endLines({ ...aborted, next }, 200)).toContain(`Next: ${next} goes on from here.`);
  expect(reportToMarkdown(aborted)).not.toContain('## Next');
});

test('a table that is too wide wraps its sentences before it cuts a word', () => {
  const rows = [
    ['Node', 'Database', 'Position', 'Last view', 'Remarks'],
    [
      'pf1.example.com',
      'waits (activating)',
      'b701ebf7:1203451',
      '12: 3 members',
      'keeps pf2 and pf3 out, 4 guards owed',
    ],
  ];
  const widths = columnsThatFit(rows, 79 - 16);
  expect(widths.reduce((sum, each) => sum + each, 0)).toBe(79 - 16);
  expect([widths[0], widths[2]]).toEqual(['pf1.example.com'.length, 'b701ebf7:1203451'.length]);
  expect(columnsThatFit(rows, 40).reduce((sum, each) => sum + each, 0)).toBe(40); // no room: then words are cut
  expect(columnsThatFit(rows, 200)).toEqual(rows[1]?.map((cell) => cell.length));
});
