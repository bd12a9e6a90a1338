#!/usr/bin/env node
// Nothing is imported before the version is known: an old Node would stop at the first new word with a riddle.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `pfrunbook needs Node 20.19 or newer; this is ${process.versions.node} (${process.execPath}). Nothing was done.`,
  );
  process.exit(2);
}
void run(process.argv.slice(2));

/** A program that needs no Temporal runs in this process, and loads nothing of the client: a look is wanted within a second. */
async function run([name = '']: readonly string[]): Promise<void> {
  const { programFile, programs } = await import('./programs.js');
  if (!Object.hasOwn(programs, name)) {
    const { cli } = await import('./cli.js');
    return cli(process.argv);
  }
  const file = programFile(programs[name as keyof typeof programs].path);
  process.argv.splice(1, 2, file);
  await import(file);
}

export {};
