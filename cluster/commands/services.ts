/** PacketFence's services around the database. */
import type { Dialect } from '../dialect.js';
import { list } from '../finding.js';
import type { Change, NodeName } from '../words.js';
import { networkFiles } from './networks.js';
import { allActive, isStarted, lines, tellUnit, untilOk } from './shell.js';

/**
 * What a boot would have started. Not `pfcmd service pf start`: that resolves configuration conflicts on the way and
 * may block for two minutes (reference C13).
 */
export function startServices(node: NodeName, dialect: Dialect): Change {
  const must = mustRun(dialect);
  const active = allActive(must);
  return {
    verb: 'startServices',
    node,
    title: `Start PacketFence's services on ${node}`,
    script: lines(untilOk, startAll(dialect)),
    wanted: active,
    tells: { wanted: `${list(must)} active`, seen: must.map(tellUnit).join('\n') },
    repeatable: true,
  };
}

/**
 * What `pfcmd service pf restart` is for, without its conflict resolution, its checkup, and its wait for a database that
 * somebody's foreground server holds (D2): whatever ran before the node was in a cluster goes by the old files. The database
 * goes on; it is part of the base target.
 */
export function restartServices(node: NodeName, dialect: Dialect): Change {
  const must = mustRun(dialect);
  const written = `$(stat -c %Y ${Object.values(networkFiles).join(' ')} 2>/dev/null | sort -n | tail -n 1)`;
  const since = must
    .map((unit) => `[ "$(date -d "$(systemctl show -p ActiveEnterTimestamp --value ${unit})" +%s)" -ge "${written}" ]`)
    .join(' && ');
  return {
    verb: 'restartServices',
    node,
    title: `Restart PacketFence's services on ${node}`,
    // What is part of the base target stays: up to 7.4 the proxy.
    script: lines(
      untilOk,
      'systemctl isolate packetfence-base.target',
      `systemctl stop ${must.join(' ')}`,
      startAll(dialect),
    ),
    wanted: `${allActive(must)} && ${since}`,
    tells: {
      wanted: `${list(must)} active, and started after the last change of cluster.conf and networks.conf`,
      seen: must.map(tellUnit).join('\n'),
    },
    repeatable: true,
  };
}

/**
 * What was masked while the others started, and may work again now. Of these only what is enabled: pf.conf may switch a
 * service off.
 */
export function startEnabled(node: NodeName, dialect: Dialect): Change {
  const { autofix, iptables, cron } = dialect.units;
  const units = [iptables, cron, autofix].filter((unit) => unit !== undefined);
  const atWork = units
    .map((unit) => `{ ! systemctl is-enabled -q ${unit} 2>/dev/null || ${isStarted(unit)}; }`)
    .join(' && ');
  return {
    verb: 'startEnabled',
    node,
    title: `Start on ${node} what may work again: ${list(units)}`,
    // Right after a boot what is started waits behind the boot's own jobs.
    script: lines(
      untilOk,
      `for unit in ${units.join(' ')}; do ! systemctl is-enabled -q $unit 2>/dev/null || systemctl start --no-block $unit; done`,
      `until_ok 90 '${atWork}'`,
    ),
    wanted: atWork,
    tells: { wanted: `each of them that is enabled at work`, seen: units.map(tellUnit).join('\n') },
    repeatable: true,
  };
}

const mustRun = ({ units }: Dialect): readonly string[] =>
  [units.keepalived, units.haproxyDb, units.webservices].filter((unit) => unit !== undefined);

const startAll = (dialect: Dialect): string => {
  const must = mustRun(dialect);
  return lines(
    // Each by name too: a unit that failed at boot is not started again by a target that is active.
    `systemctl reset-failed ${must.join(' ')} 2>/dev/null || :`,
    `systemctl start --no-block ${dialect.defaultTarget} ${must.join(' ')}`,
    `until_ok 180 '${allActive(must)}' || { systemctl --failed --no-legend; exit 1; }`,
  );
};
