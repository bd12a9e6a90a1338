import { defineConfig } from 'vitest/config';

/** What does not fit into `npm test`: long scenarios on real nodes. Needs Linux and root. */
export default defineConfig({
  test: {
    include: ['test/sweep/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 600_000,
    pool: 'forks',
  },
});
