import { fileURLToPath } from 'node:url';

/** `name` is like "worker/up": built or in the sources (then run by tsx), the program stands beside us under it. */
export const programFile = (name: string): string =>
  fileURLToPath(new URL(`../${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url));

/** Goes on as that program, in this process: a look is wanted within a second, and a second Node takes a fifth of it. It ends the process. */
export async function become(name: string, args: readonly string[]): Promise<void> {
  const file = programFile(name);
  process.argv = [process.execPath, file, ...args];
  await import(file);
}

/** What needs no Temporal. `offers`: the words that completion knows, for the programs are not asked then. */
export const programs = {
  diagnose: {
    ...{ path: 'worker/diagnose', takes: '<cluster>', offers: ['--lineage', '--json'] },
    words: 'look at a cluster, say what it has, recommend a runbook',
  },
  doctor: {
    ...{ path: 'worker/doctor', takes: '[cluster]', offers: ['--json', '--quiet'] },
    words: 'would a recovery find what it needs? Look before the bad day, and by a timer',
  },
  guards: {
    ...{ path: 'worker/guards', takes: '<cluster>', offers: ['--restore', '--although-run-open', '--json'] },
    words: 'protections that runs lowered and still owe; --restore puts them back',
  },
  'new-cluster': {
    ...{ path: 'worker/new-cluster', takes: '<name>', offers: ['--answers'] },
    words: 'write the files of a cluster that is to be set up, from questions or a file of answers',
  },
  lab: {
    ...{ path: 'lab/main', takes: '<action>' },
    offers: [
      ...['up', 'down', 'status', 'reset', 'start', 'configure', 'reinstall', 'ssh', 'client'],
      ...['break', 'heal', 'writer', 'verify'],
    ],
    words: 'three nodes in a box, to break and mend',
  },
} as const;
