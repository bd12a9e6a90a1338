/** `npm run bench [-- PART...]`: measures, all but `scale` on a lab of its own, needs root and `npm run build`. Results: bench/results/. */
import { parseArgs } from 'node:util';
import { down } from '../lab/down.js';
import { cli, isBuilt } from './cli.js';
import { diagnosis } from './diagnosis.js';
import { latency } from './latency.js';
import { recovery } from './recovery.js';
import { say } from './results.js';
import { scale } from './scale.js';
import { setUp } from './setup.js';
import { benchHome, type Site, site } from './site.js';
import { steps } from './steps.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lab: { type: 'string', default: 'bench' },
    repetitions: { type: 'string' },
    megabytes: { type: 'string', default: '500' },
    keep: { type: 'boolean', default: false },
  },
});
const times = (usual: number): number => Number(values.repetitions ?? usual);

const parts: Readonly<Record<string, (site: Site) => Promise<void>>> = {
  steps: (here) => steps(here, times(7)),
  latency: (here) => latency(here, times(50)),
  diagnosis: (here) => diagnosis(here, times(15)),
  recovery: (here) => recovery(here, times(3), Number(values.megabytes)), // last: it breaks the lab
};

const wanted = (name: string) => positionals.length === 0 || positionals.includes(name);

const complaints = [
  ...positionals
    .filter((name) => !['scale', 'setup'].includes(name) && !Object.hasOwn(parts, name))
    .map((name) => `There is no part ${name}. Known: ${[...Object.keys(parts), 'scale', 'setup'].join(', ')}.`),
  ...(['repetitions', 'megabytes'] as const)
    .filter((option) => !/^[1-9]\d*$/.test(values[option] ?? '1'))
    .map((option) => `--${option} wants a whole number above 0; got "${values[option]}".`),
];
if (complaints.length > 0) {
  say([...complaints, 'Nothing was measured.'].join('\n'));
  process.exit(2);
}
if (wanted('scale')) {
  say('\nscale');
  await scale(benchHome(), [100, 300, 1_000]);
}
if (wanted('setup')) {
  say('\nsetup');
  benchHome();
  await setUp(`${values.lab}-new`, times(3), Number(values.megabytes));
}
if (!Object.keys(parts).some(wanted)) process.exit();
const here = await site(values.lab);
try {
  for (const [name, measure] of Object.entries(parts)) {
    if (!wanted(name)) continue;
    say(`\n${name}`);
    await measure(here);
  }
} finally {
  if (isBuilt()) await cli(['down']);
  if (!values.keep) await down(values.lab);
}
process.exit(); // connections to nodes that crashed are still waiting
