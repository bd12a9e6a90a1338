/** What the command line promises, held against what there is. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { askedForHelp, program } from '../../client/cli.js';
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

  test('tells of each command, as it is typed, in one row', () => {
    const typed = [...page.matchAll(/^\| (`.*?) \| /gm)].map(([, words]) => words);
    expect(typed.length).toBeGreaterThan(20);
    expect(typed.filter((words, i) => typed.indexOf(words) < i)).toEqual([]);
  });
});

test('help of a program is the program’s own, and tells its options', () => {
  const asked = (line: string) =>
    askedForHelp(['node', 'pfrunbook', ...line.split(' ')])
      .slice(2)
      .join(' ');
  expect(asked('help new-cluster')).toBe('new-cluster --help');
  expect(asked('help lab up')).toBe('lab up --help');
  expect(asked('help start')).toBe('help start');
});

test('the usage of approve has the token that it needs', () => {
  expect(program().helpInformation()).toMatch(/ approve <run> <token> /);
});

/** Each page's runbook, and the files of it that give titles. */
const runbookPages = {
  'full-recovery': ['full-recovery', 'bring-back', 'rejoining'],
  'join-node': ['join-node', 'joining'],
  'secure-keepalived': ['secure-keepalived'],
  'apply-networks': ['apply-networks'],
  'prepare-nodes': ['prepare-nodes', 'renaming'],
  'setup-cluster': ['setup-cluster'],
  diagnose: ['diagnose'],
};

/** What they have in common: each title of these is told on one page at least, and may be on any. */
const common = ['guards', 'lock'];

describe.each(Object.entries(runbookPages))('docs/runbooks/%s.md', (name, files) => {
  const inCode = titlesOf(files);
  const inPage = titlesIn(read(`docs/runbooks/${name}.md`), /\*\*([^*]+)\*\*/g, 1);

  test('tells every step, by the title that is shown', () => {
    expect(inCode.length).toBeGreaterThan(3);
    expect(inCode.filter((title) => !inPage.includes(title))).toEqual([]);
  });

  test('tells of no step that there is not', () => {
    const known = [...inCode, ...titlesOf(common)];
    expect(inPage.filter((title) => !known.includes(title))).toEqual([]);
  });
});

test('what the runbooks have in common is told on a page', () => {
  const told = Object.keys(runbookPages).flatMap((name) =>
    titlesIn(read(`docs/runbooks/${name}.md`), /\*\*([^*]+)\*\*/g, 1),
  );
  expect(titlesOf(common).filter((title) => !told.includes(title))).toEqual([]);
});

function titlesOf(files: readonly string[]): string[] {
  return titlesIn(
    files.map((file) => read(`workflows/${file}.ts`)).join('\n'),
    /(?:run\.(?:read|judge|confirm|change|unmet|until|commit)\(|\b(?:title|back)(?::| =)|guards\.hold\w*\([^'`)]*)\s*(['`])(.+?)\1/g,
    2,
  );
}

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** Each once, without line breaks, and with "…" for what is filled in. */
function titlesIn(text: string, pattern: RegExp, group: number): string[] {
  const found = [...text.matchAll(pattern)].map((match) => match[group] ?? '');
  return [...new Set(found.map((title) => title.replaceAll(/\$\{[^}]*\}/g, '…').replaceAll(/\s+/g, ' ')))].toSorted();
}

test('every runbook has its page', () => {
  expect(Object.keys(runbookPages).toSorted()).toEqual(Object.keys(catalogue).toSorted());
});

test.each(Object.entries(catalogue))('the runbook %s is one that the worker can run', (_name, { workflow }) => {
  expect(workflows).toHaveProperty(workflow);
});
