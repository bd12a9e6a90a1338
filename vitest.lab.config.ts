import { defineConfig } from 'vitest/config';

/** Whole runbooks on real nodes: one file after the other, each with a lab of its own. Needs Linux and root. */
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    pool: 'forks',
  },
});
