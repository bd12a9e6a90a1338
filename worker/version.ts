import { readFileSync } from 'node:fs';

/** Of this installation. package.json stands one folder up in the sources, two in dist/. */
export function version(): string {
  for (const up of ['..', '../..']) {
    try {
      return JSON.parse(readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8')).version;
    } catch {
      // the next one
    }
  }
  return 'unknown';
}
