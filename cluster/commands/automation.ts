/** PacketFence's and the node's own automation: quiet while a run works. Each change knows how it is taken back. */
import type { Dialect } from '../dialect.js';
import type { NodeName, Reversible } from '../words.js';
import { lines, mariadbUnit, suspendTimers, tellUnit, timersFolder, untilOk } from './shell.js';

/**
 * galera-autofix wipes a node whose peers are Primary. Masked, because a stop does not survive a reboot, and a
 * `service pf start` enables it again.
 */
export function maskAutofix(node: NodeName, dialect: Dialect, ran: boolean): Reversible {
  const unit = dialect.units.autofix ?? 'packetfence-galera-autofix';
  return {
    verb: 'maskAutofix',
    node,
    title: `Stop galera-autofix on ${node}`,
    script: lines(untilOk, `systemctl mask --now ${unit}`, `until_ok 60 '! pgrep -f "[g]alera-autofix" >/dev/null'`),
    wanted: `[ "$(systemctl is-enabled ${unit} 2>/dev/null)" = masked ] && ! systemctl is-active -q ${unit}`,
    tells: { wanted: 'galera-autofix masked, and not at work', seen: tellUnit(unit) },
    repeatable: true,
    inverse: {
      verb: 'unmaskAutofix',
      node,
      title: `Let galera-autofix work again on ${node}`,
      given: { start: String(ran) },
      script: lines(`systemctl unmask ${unit}`, ran && `systemctl start --no-block ${unit}`),
      wanted: `[ "$(systemctl is-enabled ${unit} 2>/dev/null)" != masked ]${ran ? ` && case $(systemctl is-active ${unit}) in active|activating) ;; *) false ;; esac` : ''}`,
      tells: { wanted: `galera-autofix not masked${ran ? ', and at work' : ''}`, seen: tellUnit(unit) },
      repeatable: true,
    },
  };
}

/** monit restarts what it finds stopped. */
export function stopMonit(node: NodeName, dialect: Dialect): Reversible {
  const unit = dialect.units.monit ?? 'monit';
  return {
    verb: 'stopMonit',
    node,
    title: `Stop monit on ${node}`,
    script: `systemctl stop ${unit}`,
    wanted: `! systemctl is-active -q ${unit}`,
    tells: { wanted: `${unit} stopped`, seen: tellUnit(unit) },
    repeatable: true,
    inverse: {
      verb: 'startMonit',
      node,
      title: `Start monit on ${node}`,
      script: `systemctl start ${unit}`,
      wanted: `systemctl is-active -q ${unit}`,
      tells: { wanted: `${unit} at work`, seen: tellUnit(unit) },
      repeatable: true,
    },
  };
}

/**
 * The unit's own timer would end a long transfer and start it again for ever, and its Restart= could repeat a
 * bootstrap. A runtime drop-in: a reboot, after which nothing of ours runs, takes it back by itself.
 */
export function suspendUnitTimers(node: NodeName, dialect: Dialect): Reversible {
  const unit = mariadbUnit(dialect);
  const folder = timersFolder(unit);
  const seen = `ls ${folder}/pfrunbook.conf 2>/dev/null || echo 'no drop-in'; systemctl show -p NeedDaemonReload ${unit} 2>/dev/null || :`;
  return {
    verb: 'suspendUnitTimers',
    node,
    title: `Suspend the start timeout and the automatic restart of MariaDB on ${node}`,
    script: lines('set -e', suspendTimers(unit)),
    // systemd always says of a masked unit that it needs a reload; what unmasks it reloads.
    wanted: `[ -s ${folder}/pfrunbook.conf ] && systemctl show -p LoadState,NeedDaemonReload --value ${unit} | grep -qx -e masked -e no`,
    tells: { wanted: `${folder}/pfrunbook.conf, read by systemd`, seen },
    repeatable: true,
    inverse: {
      verb: 'resumeUnitTimers',
      node,
      title: `Let the start timeout and the automatic restart of MariaDB work again on ${node}`,
      script: lines(`rm -f ${folder}/pfrunbook.conf`, 'systemctl daemon-reload'),
      wanted: `[ ! -e ${folder}/pfrunbook.conf ]`,
      tells: { wanted: `no ${folder}/pfrunbook.conf`, seen },
      repeatable: true,
    },
  };
}
