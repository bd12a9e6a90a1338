/**
 * A real recovery, watched and answered in Temporal's Web UI by a browser. One run, so each test goes on where the one
 * before it stopped. Pictures go to PFRUNBOOK_PICTURES, which is how those in docs/pictures are made.
 */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import { powerCut } from '../../lab/scenarios/power-cut.js';
import { type Browser, open, openBrowser } from './browser.js';
import { Stage, seen } from './stage.js';

const asSoonAs = 120_000;
let stage: Stage;
let browser: Browser;
let page: Page;
let pictures: string;
let namespace: string;
let runPage: string;
let token: string;

beforeAll(async () => {
  stage = await Stage.open('webui');
  browser = await openBrowser();
  page = browser.page;
  pictures = process.env.PFRUNBOOK_PICTURES ?? (await mkdtemp(join(tmpdir(), 'pfrunbook-pictures-')));
  await mkdir(pictures, { recursive: true });

  await powerCut(stage.lab, stage.lab.nodes, { tornView: 'pf3' });
  await seen('that the nodes wait for ever', asSoonAs, async () => {
    const { condition } = await stage.json<Diagnosis>('diagnose', stage.name);
    return condition === 'torn view' ? true : undefined;
  });
  const { ui } = await stage.json<{ ui: string }>('start', 'full-recovery', stage.name, '--detach');
  runPage = ui;
  namespace = ui.slice(0, ui.indexOf('/workflows/'));
  token = (await stage.asked()).token;
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await picture(`failed-${task.name.replace(/\W+/g, '-')}`);
});

test('the list of runs is filtered by what they wait for', async () => {
  const { workflow } = await stage.client();
  for (const query of ['PfWaitingFor IS NOT NULL', 'PfPhase="waiting"']) {
    // A run is indexed a moment after it waits, and the page does not look again by itself.
    await seen(`a run with ${query}`, asSoonAs, async () =>
      (await workflow.count(query)).count === 1 ? true : undefined,
    );
    await openList(query, page.getByRole('link', { name: `cluster:${stage.name}` }));
  }
  await picture('waiting-runs');
  await openList('PfPhase="paused"', page.getByText('No Workflows').first());
});

test('the run’s page shows the question and how to answer it', async () => {
  const details = await openDetails();
  await details.getByRole('heading', { name: 'Which node’s data is kept?' }).waitFor();
  const said = (await details.textContent()) ?? '';
  const { run } = (await stage.progress()) ?? {};
  expect(said.replace(/\\\n\s*/, '')).toContain(`pfrunbook decide ${run} ${token} <pf1|pf2|pf3|abort>`);
  expect(said).toContain(`"${token} <your name>" means pf1`);
  expect(said).toContain('is proven to hold everything that the others hold');
  await page.getByText('Current Details').evaluate((heading) => heading.scrollIntoView());
  await picture('question');
});

test('the timeline names every activity by what it does', async () => {
  const timeline = page.getByRole('heading', { name: 'Timeline' });
  await open(page, `${runPage}/timeline`, timeline);
  const titles = [
    'pf1: Stop galera-autofix on every node',
    'Stop MariaDB on every node, and hold it',
    'Collect what was read',
    'Judge every pair of histories',
    `${token} expires`,
  ];
  const found = new Set<string>();
  // The page holds only the bars near what is in view.
  await timeline.evaluate((heading) => heading.scrollIntoView());
  await page.mouse.move(700, 600);
  await seen(`in the timeline: ${titles.join('; ')}`, asSoonAs, async () => {
    const bars = await page.getByRole('button').allTextContents();
    for (const bar of bars) for (const title of titles) if (bar.includes(title)) found.add(title);
    if (found.size === titles.length) return true;
    await page.mouse.wheel(0, 100);
    return undefined;
  });
  await picture('step-titles');
});

test('a bare approval passes nothing, and is shown with what to send instead', async () => {
  const before = await stage.progress();
  await sendSignal('approve', '"yes"');
  await seen('that it was not counted', asSoonAs, async () => (await stage.progress())?.notCounted[0]);
  const details = await openDetails();
  const words = `Not counted: approve "yes" changed nothing: send "${token} <your name>"`;
  await details.getByText(words).waitFor();
  await details.getByText(words).scrollIntoViewIfNeeded();
  await picture('not-counted');

  const after = await stage.progress();
  expect(after).toMatchObject({ phase: 'waiting', question: { token }, decisions: [] });
  expect(after?.steps).toEqual(before?.steps);
});

test('the token and a name pass the gate, and the run ends done', async () => {
  await sendSignal('approve', `"${token} anna"`, 'send-a-signal');
  const { code, all } = await stage.type('watch', stage.name);
  expect(code, all).toBe(0);
  expect((await stage.progress())?.decisions).toMatchObject([{ token, choice: 'pf1', by: 'anna' }]);

  const details = await openDetails();
  await details.getByRole('heading', { name: 'Full recovery · done' }).waitFor();
  await details.getByText(`Decided: pf1 at ${token}, by anna`).waitFor();
  await page
    .getByText(/^completed$/i)
    .first()
    .waitFor();
  await picture('done');
});

const openList = (query: string, sign: Locator): Promise<void> =>
  open(page, `${namespace}/workflows?query=${encodeURIComponent(query)}`, sign);

/** Where the run's own account stands: a page within the page. */
async function openDetails(): Promise<Locator> {
  const details = page.frameLocator('#user-metadata-current-details').locator('body');
  await open(page, `${runPage}/user-metadata`, details.getByRole('heading', { name: 'Full recovery' }));
  return details;
}

/** As a person does it: the menu, the picker, one JSON value, Submit. */
async function sendSignal(name: string, json: string, pictureOf?: string): Promise<void> {
  const menu = page.getByRole('button', { name: 'More Actions' });
  await open(page, runPage, menu);
  await menu.click();
  await page.getByRole('menuitem', { name: 'Send a Signal' }).click();
  const form = page.getByRole('dialog', { name: 'Send a Signal' });
  await form.getByTestId('signal-select-button').click();
  await form.getByRole('option', { name: new RegExp(`^${name}\\b`) }).click();
  await form.getByRole('textbox', { name: 'Data' }).fill(json);
  if (pictureOf) await picture(pictureOf);
  await form.getByRole('button', { name: 'Submit' }).click();
  await form.waitFor({ state: 'hidden' });
}

async function picture(name: string): Promise<void> {
  await page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled' });
}
