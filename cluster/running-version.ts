/** Which dialect the nodes speak now. */
import { type Dialect, dialectFor, knownVersions, newestDialect } from './dialect.js';
import { list, refused, type Unhashed } from './finding.js';
import type { NodeSeen } from './observation.js';
import { isReached } from './seen.js';
import type { Finding } from './words.js';

export interface DialectFound extends Finding {
  /** Not to be used where the finding refuses. */
  readonly dialect: Dialect;
}

/** One version and one family on all that are reachable. */
export function dialectOf({ seen }: { readonly seen: readonly NodeSeen[] }): Unhashed<DialectFound> {
  const reached = seen.filter(isReached);
  const kinds = [...new Set(reached.map(({ host }) => `${host.version || 'no PacketFence'} on ${host.osFamily}`))];
  const [first] = reached;
  const known = first && dialectFor(first.host.version, first.host.osFamily);
  const reasons = [
    ...(reached.length === 0 ? ['No node is reachable, so its PacketFence version is not known.'] : []),
    ...(kinds.length > 1
      ? [
          `The nodes do not run one version: ${reached.map(({ node, host }) => `${node} ${host.version || 'none'} (${host.osFamily})`).join(', ')}. Nothing was touched. Finish the upgrade, or bring the nodes to one version first.`,
        ]
      : []),
    ...(kinds.length === 1 && !known
      ? [
          `PacketFence ${list(kinds)} is not known here (known: ${list(knownVersions)}; Debian and RHEL families). Nothing was touched.`,
        ]
      : []),
  ];
  return {
    dialect: known ?? newestDialect,
    verdict: reasons.length > 0 ? reasons : [`PacketFence ${list(kinds)}, ${known?.proof ?? ''}.`],
    ...refused(reasons),
  };
}
