import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reportFile } from '../../client/commands/report.js';

const home = mkdtempSync(join(tmpdir(), 'pfrunbook-report-'));
const before = process.env.PFRUNBOOK_HOME;
beforeAll(() => {
  process.env.PFRUNBOOK_HOME = home;
});
afterAll(() => {
  if (before === undefined) delete process.env.PFRUNBOOK_HOME;
  else process.env.PFRUNBOOK_HOME = before;
  rmSync(home, { recursive: true });
});

const leave = (run: string, text: string, at: number): void => {
  const folder = join(home, 'state/runs/hq', run);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'report.md'), text);
  utimesSync(join(folder, 'report.md'), at, at);
};

test('a cluster’s report is that of the run that ended last, also when two began in one minute', async () => {
  leave('20261124-0734-d064', 'refused', 1000);
  leave('20261124-0734-05f7', 'done', 2000);
  mkdirSync(join(home, 'state/runs/hq/20261124-0735-ffff')); // still running: it has left none
  expect(await reportFile('hq', 'report.md')).toBe('done');
  expect(await reportFile('hq/20261124-0734-d064', 'report.md')).toBe('refused');
  expect(await reportFile('campus', 'report.md')).toBeUndefined();
});
