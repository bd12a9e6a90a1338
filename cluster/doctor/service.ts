/** What the cluster's own ways of healing would do: Galera's cache, and galera-autofix. */
import { list, megabytes } from '../finding.js';
import type { Reached } from '../observation.js';
import { namesOf } from '../seen.js';
import { type Check, fine, hour, note, orFine, timeInWords } from './check.js';
import type { Ready } from './kit.js';

/** How long a node may be away and still catch up by IST: the smallest cache against the fastest writes. */
export function cover(ready: readonly Ready[], reached: readonly Reached[]): readonly Check[] {
  if (ready.length === 0) return [];
  const [least] = ready
    .flatMap(({ node, cache }) => (cache ? [{ node, ...cache, rate: Math.max(cache.now, cache.average) }] : []))
    .toSorted((a, b) => a.bytes / a.rate - b.bytes / b.rate);
  if (!least) return [note('IST', 'No node’s database could be asked for its cache and its writes.')];
  const { node, bytes, rate, now } = least;
  const seconds = bytes / Math.max(rate, 1e-3);
  const kilobytes = (rate / 1024).toFixed(rate < 10 * 1024 ? 1 : 0);
  const words = `gcache covers ${timeInWords(seconds)} of writes (${megabytes(bytes)} on ${node}, ${kilobytes} kB/s ${now === rate ? 'just now' : 'on average'})`;
  const data = Math.max(0, ...reached.map(({ database }) => database.datadir.usedBytes));
  const bad =
    seconds < hour // a reboot, and time to look
      ? [
          note(
            'IST',
            `${words}: a node that is away for longer takes a full copy of ${megabytes(data)}.`,
            'Raise gcache.size in wsrep_provider_options on every node.',
          ),
        ]
      : [];
  return orFine(bad, 'IST', `${words}.`);
}

/** It wipes a node whose peers are Primary. A run masks it before anything else, and owes it back. */
export function autofix(reached: readonly Reached[], ready: readonly Ready[], cluster: string): readonly Check[] {
  const about = 'autofix';
  const units = reached.flatMap(({ node, units: { autofix: unit }, flags }) =>
    unit ? [{ node, ...unit, owed: Object.keys(flags.owedGuards).some((file) => file.includes('.maskAutofix.')) }] : [],
  );
  if (reached.length === 0) return [];
  if (units.length === 0) return [fine(about, 'No node has galera-autofix.')];
  const works = namesOf(units.filter(({ active }) => active.startsWith('activ')));
  const masked = units.filter(({ enabled }) => enabled.startsWith('masked'));
  const byHand = namesOf(masked.filter(({ owed }) => !owed));
  const byRun = namesOf(masked.filter(({ owed }) => owed));
  const idle = namesOf(units.filter(({ node }) => ![...works, ...namesOf(masked)].includes(node)));
  const disabled = namesOf(ready.filter(({ autofixInConf }) => /^(disabled?|no?|false|0)$/i.test(autofixInConf)));
  const bad = [
    ...(byHand.length > 0
      ? [
          note(
            about,
            `galera-autofix is masked on ${list(byHand)}, by hand: no run owes it. A recovery leaves it so.`,
            'To have it back: systemctl unmask --now packetfence-galera-autofix',
          ),
        ]
      : []),
    ...(byRun.length > 0
      ? [
          note(
            about,
            `galera-autofix is masked on ${list(byRun)} by a run that owes it.`,
            `pfrunbook guards ${cluster}`,
          ),
        ]
      : []),
    ...(idle.length > 0 && works.length > 0
      ? [
          note(
            about,
            `galera-autofix works on ${list(works)} and not on ${list(idle)}.`,
            'It decides on each node by itself: let it work on all, or on none.',
          ),
        ]
      : []),
    ...(disabled.length > 0 && works.length > 0
      ? [
          note(
            about,
            `galera-autofix is disabled in pf.conf of ${list(disabled)}, and works on ${list(works)}.`,
            '/usr/local/pf/bin/pfcmd service galera-autofix updatesystemd, on each.',
          ),
        ]
      : []),
  ];
  const words =
    works.length > 0
      ? `It works on ${list(works)}: a run masks it before anything else. Do the same before work by hand.`
      : 'It works on no node: it fights nobody, and heals nothing.';
  return orFine(bad, about, words);
}
