/** PacketFence's services around the database. */
import type { Dialect } from '../dialect.js';
import { list } from '../finding.js';
import type { Change, NodeName } from '../words.js';
import { lines, tellUnit, untilOk } from './shell.js';

/**
 * What a boot would have started. Not `pfcmd service pf start`: that resolves configuration conflicts on the way and
 * may block for two minutes (reference C13).
 */
export function startServices(node: NodeName, dialect: Dialect): Change {
  const must = [dialect.units.keepalived, dialect.units.haproxyDb, dialect.units.webservices].filter(
    (unit) => unit !== undefined,
  );
  const active = must.map((unit) => `systemctl is-active -q ${unit}`).join(' && ');
  return {
    verb: 'startServices',
    node,
    title: `Start PacketFence's services on ${node}`,
    script: lines(
      untilOk,
      // Each by name too: a unit that failed at boot is not started again by a target that is active.
      `systemctl reset-failed ${must.join(' ')} 2>/dev/null || :`,
      `systemctl start --no-block ${dialect.defaultTarget} ${must.join(' ')}`,
      `until_ok 180 '${active}' || { systemctl --failed --no-legend; exit 1; }`,
    ),
    wanted: active,
    tells: { wanted: `${list(must)} active`, seen: must.map(tellUnit).join('\n') },
    repeatable: true,
  };
}
