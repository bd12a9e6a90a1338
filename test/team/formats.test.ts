/** Files that we write for other programs, read by those programs. */
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unit } from '../../client/commands/service.js';
import { run } from '../../lab/shell.js';
import { readCompose, root } from '../compose/compose.js';
import { composeParser } from './programs.js';

const password = 'given';

test('Compose’s own parser reads the file as our tests read it', async () => {
  const parser = await composeParser();
  const read = (...flags: readonly string[]) =>
    run(parser, ['-format', 'json', ...flags, `${root}/docker-compose.yml`]);
  await expect(read()).rejects.toThrow('required variable PFRUNBOOK_POSTGRES_PASSWORD is missing'); // it is given no variables
  const raw = await read('-no-interpolation', '-no-path-resolution');
  const model: { services: Record<string, unknown> } = JSON.parse(
    raw.replaceAll(/\$\{PFRUNBOOK_POSTGRES_PASSWORD:\?[^}]*\}/g, password),
  );
  for (const [name, { environment, depends_on, healthcheck, command }] of Object.entries(
    readCompose({ PFRUNBOOK_POSTGRES_PASSWORD: password }).services,
  )) {
    const ours = {
      ...(Object.keys(environment).length > 0 && { environment }),
      ...(Object.keys(depends_on).length > 0 && { depends_on }),
      ...(healthcheck && { healthcheck: { test: healthcheck.test, retries: healthcheck.retries } }),
      ...(command && { command }),
    };
    expect(model.services[name]).toMatchObject(ours);
  }
});

test('systemd takes the unit of `service install`', async () => {
  const file = join(tmpdir(), `pfrunbook-team-${process.pid}.service`);
  await writeFile(file, unit());
  await run('systemd-analyze', ['verify', '--man=no', file]).finally(() => rm(file));
});
