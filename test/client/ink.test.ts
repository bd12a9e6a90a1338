import { execa } from 'execa';
import { expect, test } from 'vitest';

test('what is piped is plain, also where CI is set', async () => {
  const ink = new URL('../../client/show/ink.ts', import.meta.url).href;
  const program = `import { ink } from ${JSON.stringify(ink)}; console.log(ink.bold('done'));`;
  const { stdout } = await execa(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    env: { CI: 'true' },
  });
  expect(stdout).toBe('done');
});
