/**
 * docs/guide-coverage.tsv says of each instruction of the guide what carries it. Held here: no instruction of a chapter that
 * is done is missing, and what a row names is still in the code, or on the page.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { programs } from '../../client/programs.js';
import { catalogue } from '../../workflows/catalogue.js';

/** Sections whose every instruction has its row. Others are filled in as their runbooks come. */
const chaptersDone = [
  ...['2', '3.1', '3.2', '3.3', '3.3.1', '3.4.1', '3.4.2', '3.5', '3.5.1', '3.5.2', '3.5.3', '3.5.4', '3.6'],
  ...['4', '4.1', '4.2', '4.3', '5.4', '5.4.1', '7', '9.2', '9.3'],
];

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const linesOf = (text: string) => text.replace(/\n$/, '').split('\n');

const [heading, ...rows] = linesOf(read('docs/guide-coverage.tsv')).map((line) => line.split('\t'));
const ids = linesOf(read('test/cluster/guide/ids.txt'));
/** Where the guide was taken apart, if it stands beside the project. */
const list = `${root}/../shared/guide-steps.tsv`;

/** Without comments, and with "…" for what is filled in. */
function codeIn(folders: readonly string[]): string {
  return folders
    .flatMap((folder) => readdirSync(`${root}/${folder}`, { recursive: true }).map((file) => `${folder}/${file}`))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(file).replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, ''))
    .join('\n')
    .replaceAll(/\$\{[^{}`]*\}/g, '…')
    .replaceAll(/\s+/g, ' ');
}

const code = {
  runbook: codeIn(['workflows', 'cluster', 'activities']),
  command: codeIn(['client', 'worker', 'cluster']),
  cluster: codeIn(['cluster']),
};

/** What is read for that place; undefined: there is no such place. */
function textOf(place: string): string | undefined {
  if (place === 'cluster') return code.cluster; // knowledge that runbooks stand on
  if (Object.hasOwn(catalogue, place)) return code.runbook;
  if (Object.hasOwn(programs, place)) return code.command;
  return place.endsWith('.md') && existsSync(`${root}/${place}`) ? read(place).replaceAll(/\s+/g, ' ') : undefined;
}

test('the columns, each instruction once, in the guide’s order', () => {
  expect(heading).toEqual(['id', 'runbook or page', 'step, gate or check', 'remark']);
  expect(rows.filter((row) => row.length !== 4)).toEqual([]);
  if (existsSync(list))
    expect(ids).toEqual(
      linesOf(readFileSync(list, 'utf8'))
        .slice(1)
        .map((line) => line.split('\t')[0]),
    );
  const named = new Set(rows.map(([id]) => id));
  expect(rows.map(([id]) => id)).toEqual(ids.filter((id) => named.has(id)));
});

test('every instruction of the chapters that are done is there', () => {
  const due = ids.filter((id) => chaptersDone.includes(id.replace(/-\d+$/, '')));
  expect(due.length).toBeGreaterThan(chaptersDone.length);
  expect(due.filter((id) => !rows.some((row) => row[0] === id))).toEqual([]);
});

test('what a row names is there; one that is not carried says why', () => {
  const wrong = rows.filter(([, place = '', title = '', remark]) =>
    place === 'none' ? title !== '-' || !remark : title.length < 8 || !textOf(place)?.includes(title),
  );
  expect(wrong).toEqual([]);
});
