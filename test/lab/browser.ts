/** A headless Chromium: Debian's, installed where it is missing and we may. */
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Locator, type Page } from 'playwright-core';
import { run } from '../../lab/shell.js';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const patience = 120_000; // the page is one large program, and the lab's nodes use the same processors

export interface Browser {
  readonly page: Page;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'pfrunbook-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: await chromiumHere(),
    headless: true,
    viewport: { width: 1280, height: 800 },
    args: [
      '--no-sandbox', // it refuses to run as root with one, and the lab needs root
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  context.setDefaultTimeout(patience);
  return {
    page: await context.newPage(),
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/**
 * Opens a page and waits until `sign` is on it. Chromium drops whatever it loads when a network interface of the machine
 * comes or goes, as a lab's do, and the page stays empty: then again.
 */
export async function open(page: Page, url: string, sign: Locator): Promise<void> {
  for (const end = Date.now() + patience; ; ) {
    try {
      await page.goto(url, { timeout: patience / 4 });
      return await sign.waitFor({ timeout: patience / 4 });
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

async function chromiumHere(): Promise<string> {
  const found = await firstOf(places);
  if (found) return found;
  await run('apt-get', ['update', '-qq']);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
  const brought = await firstOf(places);
  if (brought) return brought;
  throw new Error(`no Chromium at ${places.join(', ')}, not even after \`apt-get install chromium\``);
}

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}
