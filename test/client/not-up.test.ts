/** A supervisor that does not come up: what that means for the nodes is said, and not that nothing was done here. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { bringUp } from '../../client/embedded.js';
import { nothingTouched } from '../../cluster/text.js';

test('one that ends at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pfrunbook-not-up-'));
  try {
    await writeFile(join(folder, 'flock'), '#!/bin/sh\nexit 1\n');
    await chmod(join(folder, 'flock'), 0o755);
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
    const error = await bringUp(join(folder, 'state'), () => {}).catch((caught: unknown) => caught);
    const said = nothingTouched(error instanceof Error ? error.message : '');
    expect(said).toMatch(/^The supervisor ended at once \(exit code 1\)\..* On the nodes nothing was touched\.$/);
  } finally {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  }
});
