/** The servers of a cluster.conf, as settings need them. */

export interface Server {
  readonly node: string;
  readonly address: string;
}

export interface Inventory {
  readonly servers: readonly Server[];
  readonly vips: readonly string[];
  readonly complaints: readonly string[];
}

/** A thin shim until cluster/cluster-conf.ts lands: sections without a blank are servers, CLUSTER holds the VIP. */
export function readServers(text: string): Inventory {
  const sections = new Map<string, Record<string, string>>();
  let current: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[(.+?)\]\s*$/.exec(line)?.[1];
    const pair = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (heading) {
      current = sections.get(heading) ?? {};
      sections.set(heading, current);
    }
    if (pair?.[1]) current[pair[1]] = pair[2] ?? '';
  }
  const servers = [...sections].filter(([name]) => !name.includes(' ') && name !== 'CLUSTER' && name !== 'general');
  const vips = [...sections]
    .filter(([name]) => /^CLUSTER( interface .*)?$/.test(name))
    .flatMap(([, keys]) => keys.ip ?? keys.management_ip ?? []);
  return {
    servers: servers.map(([node, keys]) => ({ node, address: keys.management_ip ?? '' })),
    vips: [...new Set(vips)],
    complaints: [
      ...(servers.length === 0 ? ['names no server.'] : []),
      ...servers.filter(([, keys]) => !keys.management_ip).map(([node]) => `[${node}] has no management_ip.`),
    ],
  };
}
