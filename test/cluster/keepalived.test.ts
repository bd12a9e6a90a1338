/** Which shared keys keepalived can use, and whose keepalived is restarted when. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { complaintsAboutSecret, mayRestartKeepalived, restartOrder, secretUsable } from '../../cluster/keepalived.js';
import type { NodeSeen } from '../../cluster/observation.js';
import { ModelCluster } from '../../model/cluster.js';

test.each([
  ['Xk2Pq7-aM9', []],
  ['1234', [/has 4 characters/]],
  ['with blank', [/give a meaning/]],
  ['a#b', [/has 3 characters/, /give a meaning/]],
  ['[% 12345678', [/give a meaning/]],
])('%j', (secret, complaints) => {
  const said = complaintsAboutSecret(secret);
  expect(said).toEqual(complaints.map((words) => expect.stringMatching(words)));
  expect(said.join()).not.toContain(secret);
});

const zones = [
  { name: 'DC1', nodes: ['pf1', 'pf2', 'pf3'], vips: ['192.0.2.10'] },
  { name: 'DC2', nodes: ['pf4', 'pf5'], vips: ['192.0.2.26'] },
];
const all = zones.flatMap(({ nodes }) => nodes);
function seenWith(holders: readonly string[]): NodeSeen[] {
  return new ModelCluster(all).all.map((node) => {
    const seen = node.see();
    const addresses = zones.flatMap(({ nodes, vips }) => (nodes.includes(node.name) ? vips : []));
    return seen.reachable && holders.includes(node.name) ? { ...seen, host: { ...seen.host, addresses } } : seen;
  });
}

test('of each zone the one that serves goes first, and alone', () => {
  expect(restartOrder({ zones, seen: seenWith(['pf2', 'pf4']), stale: all })).toMatchObject({
    ...{ first: ['pf2', 'pf4'], stopped: ['pf1', 'pf3', 'pf5'], restarted: [] },
    verdict: [
      'pf2 serves 192.0.2.10: it is restarted alone, while keepalived of pf1 and pf3 is stopped. The virtual addresses of DC1 are away for some seconds, and no two nodes serve them at once.',
      expect.stringContaining('pf4 serves 192.0.2.26'),
    ],
  });
});

test('every stale one is restarted once, and none beside another that serves by other words', () => {
  fc.assert(
    fc.property(fc.subarray(all, { minLength: 1 }), fc.subarray(all), (stale, holders) => {
      const { first, stopped, restarted } = restartOrder({ zones, seen: seenWith(holders), stale });
      const touched = [...first, ...stopped, ...restarted];
      expect(new Set(touched).size).toBe(touched.length);
      expect(stale.filter((node) => !touched.includes(node))).toEqual([]);
      for (const { nodes } of zones) {
        const [keeper, ...more] = first.filter((node) => nodes.includes(node));
        expect(more).toEqual([]);
        // Alone: all others of its zone stand still. Else a holder runs by the new words.
        if (keeper)
          expect(nodes.filter((node) => node !== keeper)).toEqual(nodes.filter((node) => stopped.includes(node)));
        else if (nodes.some((node) => stale.includes(node)))
          expect(holders.filter((node) => nodes.includes(node) && !stale.includes(node))).not.toEqual(
            nodes[0] !== undefined && stale.includes(nodes[0]) ? [] : undefined,
          );
      }
    }),
  );
});

test('says of a run that has changed something before only what is so', () => {
  const seen: readonly NodeSeen[] = [{ node: 'pf1', reachable: false, because: 'no route' }];
  const may = (begun: boolean) =>
    mayRestartKeepalived({ cluster: { name: 'hq', nodes: ['pf1'] }, seen, begun }).refusal;
  const usable = (begun: boolean) => secretUsable({ reference: 'env:X', complaints: ['Too short.'], begun }).refusal;
  expect([may(false), usable(false)]).toEqual([0, 1].map(() => expect.stringMatching(/ Nothing was touched\.$/)));
  expect([may(true), usable(true)]).toEqual([0, 1].map(() => expect.stringMatching(/ Keepalived was not touched\.$/)));
});
