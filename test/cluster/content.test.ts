import { expect, test } from 'vitest';
import { contentVerdict } from '../../cluster/content.js';

test('the content check says equal, differs or not compared, and asks only where it differs', () => {
  const others = [
    { node: 'pf2', result: 'equal', tables: [] },
    { node: 'pf3', result: 'not compared', tables: [], because: '15 minutes were over' },
  ] as const;
  expect(contentVerdict({ content: { reference: 'pf1', tables: 80, others } })).toEqual({
    differing: [],
    choices: {},
    verdict: ['pf2 holds what pf1 holds (80 tables).', 'pf3 was not compared with pf1: 15 minutes were over.'],
  });
  const found = contentVerdict({
    content: {
      reference: 'pf1',
      tables: 80,
      others: [{ node: 'pf2', result: 'differs', tables: ['pf.node', 'pf.person'] }],
    },
  });
  expect(found).toMatchObject({ differing: ['pf2'], verdict: ['pf2 differs from pf1 in pf.node and pf.person.'] });
  expect(Object.keys(found.choices)).toEqual(['full-copy', 'accept']);
  expect(found.goOn).toBeUndefined();
});
