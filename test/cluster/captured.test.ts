import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Condition, diagnose } from '../../cluster/diagnosis.js';
import type { NodeSeen } from '../../cluster/observation.js';

/** Looks captured in the lab, each file named after the scenario; the condition is what the scenario had made. */
interface Captured {
  readonly condition: Condition;
  readonly vips: readonly string[];
  readonly nodes: readonly string[];
  readonly seen: readonly NodeSeen[];
}

const folder = new URL('./captured/', import.meta.url);

test.each(readdirSync(folder))('%s is diagnosed as what it was', (file) => {
  const { condition, vips, nodes, seen }: Captured = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  expect(diagnose({ cluster: { name: 'hq', nodes }, seen, vips }).condition).toBe(condition);
});
