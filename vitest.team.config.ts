import { defineConfig } from 'vitest/config';

/** docker-compose.yml for real, without Docker, and a recovery on it. Needs Linux, root, apt and Go's module proxy; the first time it builds a Temporal server. */
export default defineConfig({
  test: {
    include: ['test/team/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 3_600_000,
    pool: 'forks',
  },
});
