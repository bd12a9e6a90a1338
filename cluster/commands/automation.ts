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
  const gone = lines(untilOk, `systemctl mask --now ${unit}`, `until_ok 60 '! pgrep -f "[g]alera-autofix" >/dev/null'`);
  return masked({ node, ran, unit, verb: 'Autofix', name: 'galera-autofix', script: gone });
}

/**
 * The firewall of a node whose pf.conf is half written, or of a cluster that it does not know yet, drops Galera. Masked,
 * because whatever wants the web services starts it again (D12).
 */
export function maskIptables(node: NodeName, dialect: Dialect, ran: boolean): Reversible {
  const unit = dialect.units.iptables ?? 'packetfence-iptables';
  return masked({ node, ran, unit, verb: 'Iptables', name: 'PacketFence’s firewall' });
}

/** Its cluster check gives the configuration of most nodes, or the newest, to all: also what is meant to be replaced. */
export function maskCron(node: NodeName, dialect: Dialect, ran: boolean): Reversible {
  const unit = dialect.units.cron ?? 'packetfence-pfcron';
  return masked({ node, ran, unit, verb: 'Cron', name: 'the cluster check' });
}

interface Masked {
  readonly node: NodeName;
  readonly unit: string;
  readonly verb: string;
  readonly name: string;
  /** It was at work. */
  readonly ran: boolean;
  readonly script?: string;
}

function masked({ node, unit, verb, name, ran, script = `systemctl mask --now ${unit}` }: Masked): Reversible {
  return {
    verb: `mask${verb}`,
    node,
    title: `Stop ${name} on ${node}`,
    script,
    wanted: `[ "$(systemctl is-enabled ${unit} 2>/dev/null)" = masked ] && ! systemctl is-active -q ${unit}`,
    tells: { wanted: `${unit} masked, and not at work`, seen: tellUnit(unit) },
    repeatable: true,
    inverse: {
      verb: `unmask${verb}`,
      node,
      title: `Let ${name} work again on ${node}`,
      given: { start: String(ran) },
      script: lines(`systemctl unmask ${unit}`, ran && `systemctl start --no-block ${unit}`),
      wanted: `[ "$(systemctl is-enabled ${unit} 2>/dev/null)" != masked ]${ran ? ` && case $(systemctl is-active ${unit}) in active|activating) ;; *) false ;; esac` : ''}`,
      tells: { wanted: `${unit} not masked${ran ? ', and at work' : ''}`, seen: tellUnit(unit) },
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
