import { defineConfig } from 'vitest/config';

/** What does not fit into `npm test`: long scenarios, the lab itself, the stand-ins' tables, the Web UI, single activities on real nodes. Needs Linux and root. */
export default defineConfig({
  test: {
    include: ['test/sweep/**/*.test.ts', 'test/lab/**/*.test.ts'],
    exclude: ['test/lab/full-recovery.test.ts', 'test/lab/faults.test.ts'],
    globalSetup: 'test/temporal-server.ts', // for the grid of single faults
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 600_000,
    pool: 'forks',
  },
});
