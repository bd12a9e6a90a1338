import { defineConfig } from 'vitest/config';

/** The fast tests: no root, no lab. The lab has a configuration of its own: vitest.lab.config.ts. */
export default defineConfig({
  test: {
    globalSetup: 'test/temporal-server.ts',
    include: ['test/**/*.test.ts'],
    exclude: ['test/lab/**', 'test/sweep/**', 'test/team/**'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks', // the SDK's native bridge and threads have a history of crashes
    maxWorkers: 2,
    maxConcurrency: 3, // of tests in one file: runs wait more than they work
  },
});
