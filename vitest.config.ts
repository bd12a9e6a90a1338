import { defineConfig } from 'vitest/config';

/** They need no server. */
const pure = [
  'test/{bench,cluster,compose,model,script}/**/*.test.ts',
  'test/client/{documents,ink}.test.ts',
  'test/workflows/{details,result}.test.ts',
  'test/activities/{look/held,look/nodes,look/server,ssh/certificates,ssh/known-hosts}.test.ts',
  'test/worker/{ini-file,releases}.test.ts',
];
/** They start whole programs, and install a runtime of their own: each file has a process. */
const programs = [
  'test/client/{cli,completion,service}.test.ts',
  'test/worker/{answers,machine,other-releases,supervisor}.test.ts',
  'test/worker/plan/program.test.ts',
];
/** What `npm test` has the time for, and `npm run test:fast` not. */
const long = ['test/workflows/forgetting.test.ts', 'test/worker/few-files.test.ts'];

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
          isolate: false,
          globalSetup: 'test/temporal-server.ts',
          include: ['test/**/*.test.ts'],
          exclude: [...pure, ...programs, ...long, 'test/lab/**', 'test/sweep/**', 'test/team/**'],
        },
      },
      { extends: true, test: { name: 'programs', globalSetup: 'test/temporal-server.ts', include: programs } },
      {
        extends: true,
        test: { name: 'long', globalSetup: 'test/temporal-server.ts', include: long, testTimeout: 600_000 },
      },
    ],
  },
});
