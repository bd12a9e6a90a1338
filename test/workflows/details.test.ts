import { expect, test } from 'vitest';
import { progressToMarkdown } from '../../workflows/details.js';
import type { Progress, Question, Step } from '../../workflows/messages.js';

const step = (title: string, said: string[] = []): Step => ({ title, state: 'done', startedAt: 0, said, steps: [] });
const progress = (more: Partial<Progress>): Progress => ({
  run: 'hq/20261124-0600-7f3a',
  title: 'Full recovery',
  cluster: 'hq',
  by: 'anna',
  startedAt: 0,
  phase: 'running',
  steps: [],
  owed: [],
  decisions: [],
  notCounted: [],
  ...more,
});
const question = (verdict: string[], goOn?: string): Question => ({
  token: 'keep-1-3fa91c',
  text: 'Which node’s data is kept?',
  askedAt: 0,
  evidence: { verdict, hash: '3fa91c', choices: { pf1: 'loses 3 events', abort: 'Stop' }, ...(goOn && { goOn }) },
  abortTakesBack: [],
});
const bytes = (text: string) => Buffer.byteLength(text);

test('a run stays under the 20 KB that Temporal shows, whatever the nodes said, and the question stays whole', () => {
  const noise = Array.from({ length: 3000 }, (_, i) => `pf${i}: ${'ü|`<b>'.repeat(400)}`);
  const steps = noise.map((line, i) => ({ ...step(`Step ${i} ${line}`, [line]), steps: [step(line)] }));
  const markdown = progressToMarkdown(
    progress({ steps, owed: noise, notCounted: noise, phase: 'waiting', question: question(noise, 'pf1') }),
  );
  expect(bytes(markdown)).toBeLessThanOrEqual(20_000);
  expect(markdown).toContain('pfrunbook decide hq/20261124-0600-7f3a \\\n  keep-1-3fa91c <pf1|abort>');
  expect(markdown).toContain('"keep-1-3fa91c <your name>"');
  expect(markdown).toContain('steps before');
  expect(markdown).toContain('Step 2999');
});

test('what a node said cannot break the table or the page', () => {
  const markdown = progressToMarkdown(
    progress({
      question: {
        ...question(['a\n# b']),
        evidence: { ...question([]).evidence, table: [['Node'], ['pf1 | <script>']] },
      },
    }),
  );
  expect(markdown).toContain('| pf1 \\| \\<script\\> |');
  expect(progressToMarkdown(progress({ question: question(['a\n# b']) }))).toContain('- a # b');
});

test('a question without a go-on choice tells to name one', () => {
  const markdown = progressToMarkdown(progress({ question: question([]) }));
  expect(markdown).toContain('`decide` with `{"token": "keep-1-3fa91c", "choice": "...", "by": "<your name>"}`');
  expect(markdown).not.toContain('`approve`');
});

test('what is to be sent can be copied: quotes and hyphens stay as they are', () => {
  const markdown = progressToMarkdown(
    progress({ notCounted: ['approve "`x" changed nothing: send "keep-1-3fa91c <your name>".'], owed: ['rm --force'] }),
  );
  expect(markdown).toContain('changed nothing: send `"keep-1-3fa91c <your name>"`.');
  expect(markdown).toContain('rm \\--force');
});
