/** The networks that PacketFence serves, in its own files: key by key, whatever else stands there. */

import type { Dialect } from '../dialect.js';
import type { NodeName, Reversible } from '../words.js';
import { readAgain, reloadConfiguration } from './configuration.js';
import { type KeyEdit, setKeys } from './files.js';

export const networkFiles = {
  clusterConf: '/usr/local/pf/conf/cluster.conf',
  networksConf: '/usr/local/pf/conf/networks.conf',
} as const;

/** What is taken back is read again at once: the services go on by what they were started with. */
export function setNetworks(
  node: NodeName,
  dialect: Dialect,
  run: string,
  edits: Readonly<Record<keyof typeof networkFiles, readonly KeyEdit[]>>,
): readonly Reversible[] {
  return (['clusterConf', 'networksConf'] as const)
    .filter((file) => edits[file].length > 0)
    .map((file) => {
      const path = networkFiles[file];
      const name = path.slice(path.lastIndexOf('/') + 1);
      const keys = setKeys(node, run, path, edits[file]);
      const { inverse } = readAgain(keys, reloadConfiguration(node, dialect, { sameVersion: true }));
      const sections = [...new Set(edits[file].map(({ section }) => `[${section}]`))].join(', ');
      return {
        ...keys,
        title: `Set ${sections} in ${name} on ${node}`,
        tells: { wanted: `${path} with ${sections} as asked`, seen: keys.tells?.seen ?? ':' },
        inverse,
      };
    });
}
