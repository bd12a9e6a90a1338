import { defineConfig } from 'vitest/config';

/** They share one process, and need no server. */
const pure = [
  'test/{bench,cluster,compose,model,script}/**/*.test.ts',
  'test/client/{documents,ink}.test.ts',
  'test/workflows/{details,result}.test.ts',
  'test/activities/{look/held,ssh/certificates,ssh/known-hosts}.test.ts',
  'test/worker/{ini-file,releases}.test.ts',
];
/** What `npm test` has the time for, and `npm run test:fast` not. */
const long = ['test/workflows/forgetting.test.ts'];

/** The fast tests: no root, no lab. The lab has a configuration of its own: vitest.lab.config.ts. */
export default defineConfig({
  test: {
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks', // the SDK's native bridge and threads have a history of crashes
    maxWorkers: 2,
    maxConcurrency: 5, // of tests in one file: runs wait more than they work
    projects: [
      { extends: true, test: { name: 'pure', include: pure, isolate: false } }, // modules are loaded once for all files
      {
        extends: true,
        test: {
          name: 'whole',
          globalSetup: 'test/temporal-server.ts',
          include: ['test/**/*.test.ts'],
          exclude: [...pure, ...long, 'test/lab/**', 'test/sweep/**', 'test/team/**'],
        },
      },
      {
        extends: true,
        test: { name: 'long', globalSetup: 'test/temporal-server.ts', include: long, testTimeout: 600_000 },
      },
    ],
  },
});
