/** What the command line promises, held against what there is. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { program } from '../../client/cli.js';
import { exits } from '../../client/exit.js';
import { catalogue } from '../../workflows/catalogue.js';
import * as workflows from '../../workflows/index.js';

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

describe('docs/cli.md', () => {
  test.each(Object.values(exits))('explains exit code %i', (code) => {
    expect(page).toContain(`| ${code} | `);
  });

  test.each(program().commands.map((command) => command.name()))('names `%s`', (name) => {
    expect(page).toContain(`\`${name}`);
  });
});

test.each(Object.entries(catalogue))('the runbook %s is one that the worker can run', (_name, { workflow }) => {
  expect(workflows).toHaveProperty(workflow);
});
