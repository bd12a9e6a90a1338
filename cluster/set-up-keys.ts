/** What set-up writes into PacketFence's own files, key by key: `setKeys` of commands/files.ts carries it out. Logins have their keys in logins.ts. */
import type { KeyEdit } from './commands/files.js';
import type { Dialect } from './dialect.js';
import { pfFileFromText, sectionsOf } from './pf-file.js';

/** pf.conf, guide 3.4.1: the database is asked through the node's own proxy. From 12 on 127.0.0.1 is fatal to checkup. */
export const databaseKeys = (dialect: Dialect): readonly KeyEdit[] => at('database', dialect);

/** pfconfig.conf, guide 3.4.1: the same for the configuration's own daemon. */
export const pfconfigDatabaseKeys = (dialect: Dialect): readonly KeyEdit[] => at('mysql', dialect);

const at = (section: string, { databaseAt: { host, port } }: Dialect): readonly KeyEdit[] => [
  { section, key: 'host', value: host },
  { section, key: 'port', value: String(port) },
];

/** Guide 7.2: `[ZONE CLUSTER network X]` of our cluster.conf, for a node's own, whose other sections stay. checkNetworks first. */
export const zoneNetworkKeys = (clusterConf: string): readonly KeyEdit[] =>
  keysIn(clusterConf, (section) => /^(\S+ )?CLUSTER network \S+$/.test(section));

/** Guide 7.2: all of our networks.conf, for a node's own, whose other networks stay. */
export const networkKeys = (networksConf: string): readonly KeyEdit[] => keysIn(networksConf, () => true);

function keysIn(text: string, wanted: (section: string) => boolean): readonly KeyEdit[] {
  return sectionsOf(pfFileFromText(text))
    .filter(({ name }) => wanted(name))
    .flatMap(({ keys }) => keys.map(({ section, key, value }) => ({ section, key, value })));
}
