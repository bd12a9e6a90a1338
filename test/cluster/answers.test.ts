import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Answers, clusterConfFromAnswers, type LinkAnswers } from '../../cluster/answers.js';
import { type ClusterConf, clusterConfFromText } from '../../cluster/cluster-conf.js';
import { checkClusterConf } from '../../cluster/cluster-conf-check.js';
import { pfFileFromText, pfFileToText } from '../../cluster/pf-file.js';

const guide = (name: string) => readFileSync(new URL(`guide/${name}.conf`, import.meta.url), 'utf8');
const mended = guide('7.2-cluster').replace(
  ' ip=192.168.2.10\n',
  ' ip=192.168.2.10\n\n [DC2 CLUSTER interface ens224]\n ip=192.168.22.10\n',
);

/** The other way round: what somebody would have answered. */
function answersOf({ zones, servers }: ClusterConf): Answers {
  const none = { text: '255.255.255.0', line: 0 };
  return {
    management: zones[0]?.interfaces[0]?.name ?? '',
    zones: zones.map(({ name: zone, interfaces }) => ({
      name: zone,
      links: interfaces.map(
        ({ name, ip }): LinkAnswers => ({
          ...{ name, line: 0, mask: none, vip: ip },
          addresses: servers
            .filter((server) => server.zone === zone)
            .flatMap(({ node, interfaces: own }) =>
              own.filter((one) => one.name === name).map((at) => ({ node, ip: at.ip })),
            ),
        }),
      ),
    })),
  };
}

describe('cluster.conf from answers', () => {
  test.each([
    ['3.4.2', guide('3.4.2-cluster')],
    ['7.1', guide('7.1-cluster')],
    ['7.2, with the section that it lacks', mended],
  ])('is the guide’s example %s, but for the masks', (_, example) => {
    const { text } = clusterConfFromAnswers(answersOf(clusterConfFromText(example)));
    expect(text.replaceAll(/^mask=.*\n/gm, '')).toBe(example.replaceAll(/^ /gm, ''));
  });

  const words = (pattern: RegExp, minLength: number) =>
    fc.uniqueArray(fc.stringMatching(pattern), { minLength, maxLength: 3, selector: (one) => one.toLowerCase() });
  const said = (text: string) => ({ text, line: 0 });
  const clusters = fc
    .record({
      zones: fc.oneof(fc.constant<string[]>(['']), words(/^[A-Z][A-Za-z0-9]{0,5}$/, 1)),
      links: words(/^(eth|ens)\d{1,2}(\.\d{1,3})?$/, 1),
      nodes: words(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?(\.example\.com)?$/, 3),
    })
    .filter(({ zones, nodes }) => !zones.includes('CLUSTER') && !nodes.includes('general'))
    .map(({ zones, links, nodes }): Answers => {
      const all = zones.map((name, z) => ({
        name,
        links: links.map(
          (link, l): LinkAnswers => ({
            ...{ name: link, line: 0, mask: said('255.255.255.0'), vip: said(`10.${z}.${l}.10`) },
            addresses: nodes.map((node, n) => ({
              node: z === 0 ? node : `z${z}-${node}`,
              ip: said(`10.${z}.${l}.${11 + n}`),
            })),
          }),
        ),
      }));
      return { management: links[0] ?? '', zones: all.length % 2 === 0 ? all.slice(1) : all }; // an odd number of servers
    });

  test('of any answers is in order, is read as that cluster, and parsed and written it has the same bytes', () => {
    fc.assert(
      fc.property(clusters, (answers) => {
        const { text, origins } = clusterConfFromAnswers(answers);
        expect(checkClusterConf(text, { setUp: true }).filter(({ level }) => level === 'error')).toEqual([]);
        expect(pfFileToText(pfFileFromText(text))).toBe(text);
        expect(origins).toHaveLength(text.split('\n').length - 1);
        const conf = clusterConfFromText(text);
        expect(clusterConfFromAnswers(answersOf(conf)).text).toBe(text);
        expect(conf.servers.map(({ zone, node, managementIp }) => [zone, node, managementIp.text])).toEqual(
          answers.zones.flatMap(({ name, links }) =>
            (links[0]?.addresses ?? []).map(({ node, ip }) => [name, node, ip.text]),
          ),
        );
      }),
    );
  });

  test('every example of the guide, parsed and written, has the same bytes', () => {
    for (const name of [
      '3.4.2-cluster',
      '7.1-cluster',
      '7.2-cluster',
      '7.2-zone-networks',
      '7.2-networks',
      '7.2-next-hops',
    ])
      expect(pfFileToText(pfFileFromText(guide(name)))).toBe(guide(name));
  });
});
