import { defineConfig } from 'vitest/config';

/** Whole runbooks on real nodes, once plain and once with all faults; what takes longer is in the sweep: one file after the other, each with a lab of its own. Needs Linux and root. */
export default defineConfig({
  test: {
    include: ['test/lab/full-recovery.test.ts', 'test/lab/faults.test.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    pool: 'forks',
  },
});
