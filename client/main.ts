#!/usr/bin/env node
// Nothing is imported before the version is known: an old Node would stop at the first new word with a riddle.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `pfrunbook needs Node 20.19 or newer; this is ${process.versions.node} (${process.execPath}). Nothing was done.`,
  );
  process.exit(2);
}
void import('./cli.js').then(({ cli }) => cli(process.argv));

export {};
