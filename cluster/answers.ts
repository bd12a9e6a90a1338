/** What a person says of a cluster that is to be, and the cluster.conf that says the same: in the guide's own order and layout (3.4.2, 7.1). */
import type { Value } from './cluster-conf.js';

export interface Answers {
  /** The interface, called so on every server, on which they reach each other. */
  readonly management: string;
  /** One without a name: all servers stand in one layer 2 network. */
  readonly zones: readonly ZoneAnswers[];
}

export interface ZoneAnswers {
  readonly name: string;
  readonly links: readonly LinkAnswers[];
}

/** An interface of every server of a zone. The lines are those where it was said; the order of the servers is that of the management interface. */
export interface LinkAnswers {
  readonly name: string;
  readonly line: number;
  readonly mask: Value;
  readonly vip: Value;
  readonly addresses: readonly { readonly node: string; readonly ip: Value }[];
}

export interface Written {
  readonly text: string;
  /** Of each line of the text, where what it says was said. */
  readonly origins: readonly number[];
}

export function clusterConfFromAnswers({ management, zones }: Answers): Written {
  const sections = zones.flatMap((zone) => {
    const prefix = zone.name && `${zone.name} `;
    const main = zone.links.find(({ name }) => name === management);
    const nodes = nodesOf(zone, management);
    return [
      ...sectionsOf(
        `${prefix}CLUSTER`,
        main?.vip,
        (main ?? zone.links[0])?.line,
        zone.links.map((link) => [link, link.vip]),
      ),
      ...nodes.flatMap((node) => {
        const on = (link: LinkAnswers | undefined) => link?.addresses.find((one) => one.node === node)?.ip;
        const own = zone.links.flatMap((link) => {
          const ip = on(link);
          return ip ? [[link, ip] as const] : [];
        });
        return sectionsOf(prefix + node, on(main), own[0]?.[1].line, own);
      }),
    ];
  });
  const general = { heading: 'general', line: 0, keys: [['multi_zone', { text: 'enabled', line: 0 }] as const] };
  const lines = [...(zones.some(({ name }) => name) ? [general] : []), ...sections].flatMap(
    ({ heading, line, keys }, i) => [
      ...(i > 0 ? [['', line] as const] : []),
      [`[${heading}]`, line] as const,
      ...keys.map(([key, value]) => [`${key}=${value.text}`, value.line] as const),
    ],
  );
  return { text: lines.map(([text]) => `${text}\n`).join(''), origins: lines.map(([, line]) => line) };
}

/** In the order in which the management interface names them. */
export function nodesOf({ links }: ZoneAnswers, management: string): readonly string[] {
  const first = links.filter(({ name }) => name === management);
  return [...new Set([...first, ...links].flatMap(({ addresses }) => addresses.map(({ node }) => node)))];
}

function sectionsOf(
  heading: string,
  managementIp: Value | undefined,
  line = 0,
  own: readonly (readonly [LinkAnswers, Value])[],
) {
  return [
    { heading, line, keys: managementIp ? [['management_ip', managementIp] as const] : [] },
    ...own.map(([{ name, mask }, ip]) => ({
      heading: `${heading} interface ${name}`,
      line: ip.line,
      keys: [['ip', ip] as const, ['mask', mask] as const],
    })),
  ];
}
