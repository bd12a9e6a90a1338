/** What keepalived goes by: [active_active] of pf.conf, and its own restart. */
import type { Dialect } from '../dialect.js';
import type { Change, NodeName, Reversible } from '../words.js';
import { reloadConfiguration } from './configuration.js';
import { type KeyEdit, setKeys } from './files.js';
import { quote } from './quote.js';
import { lines, tellUnit, untilOk } from './shell.js';

const pfConf = '/usr/local/pf/conf/pf.conf';
const generated = '/usr/local/pf/var/conf/keepalived.conf';

/** undefined: it stays as it is. */
export interface Vrrp {
  /** Reference to the shared key. */
  readonly secret?: string;
  readonly routerId?: number;
  readonly unicast?: boolean;
}

/**
 * In pf.conf only: a keepalived that runs goes on as before, until it is restarted. Its inverse also restarts what meanwhile
 * runs by the new words; what is stopped then stays stopped.
 */
export function setVrrp(
  node: NodeName,
  dialect: Dialect,
  run: string,
  { secret, routerId, unicast }: Vrrp,
): Reversible {
  const key = (name: string, value: KeyEdit['value']): KeyEdit => ({ section: 'active_active', key: name, value });
  const keys = setKeys(node, run, pfConf, [
    ...(secret === undefined ? [] : [key('password', { secret })]),
    ...(routerId === undefined ? [] : [key('virtual_router_id', String(routerId))]),
    ...(unicast === undefined ? [] : [key('vrrp_unicast', unicast ? 'enabled' : 'disabled')]),
  ]);
  const unit = unitOf(dialect);
  const { inverse } = keys;
  return {
    ...keys,
    inverse: {
      ...inverse,
      verb: 'restoreVrrp',
      title: `Put ${pfConf} of ${node} back as it was, and keepalived with it`,
      script: lines(
        inverse.script,
        `if systemctl is-active -q ${unit} && ! { ${runsByIt(unit)}; }; then`,
        restartWell(node, dialect),
        'fi',
      ),
      wanted: `{ ${lines(inverse.wanted, '}')} && { ! systemctl is-active -q ${unit} || ${runsByIt(unit)}; }`,
      tells: { wanted: `${pfConf} as it was before this run, and keepalived by it`, seen: tell(unit) },
    },
  };
}

/** The guide's command; it answers 0 whatever happens, so what keepalived was started with is compared with pf.conf. */
export function restartKeepalived(node: NodeName, dialect: Dialect): Change {
  const unit = unitOf(dialect);
  return {
    verb: 'restartKeepalived',
    node,
    title: `Restart keepalived on ${node}`,
    script: restartWell(node, dialect),
    wanted: `systemctl is-active -q ${unit} && ${runsByIt(unit)}`,
    tells: { wanted: 'keepalived at work, started by what pf.conf says', seen: tell(unit) },
    repeatable: true,
  };
}

/** Its addresses go to another, or away; back it comes by what pf.conf says then. */
export function stopKeepalived(node: NodeName, dialect: Dialect): Reversible {
  const unit = unitOf(dialect);
  return {
    verb: 'stopKeepalived',
    node,
    title: `Stop keepalived on ${node}`,
    script: lines(untilOk, `systemctl stop ${unit}`, "until_ok 30 '! pgrep -x keepalived >/dev/null'"),
    wanted: `! systemctl is-active -q ${unit} && ! pgrep -x keepalived >/dev/null`,
    tells: { wanted: 'keepalived stopped, and no process of it', seen: tellUnit(unit) },
    repeatable: true,
    inverse: { ...restartKeepalived(node, dialect), verb: 'startKeepalived', title: `Start keepalived on ${node}` },
  };
}

const unitOf = ({ units }: Dialect): string => units.keepalived ?? 'packetfence-keepalived';

/** keepalived.conf is made from packetfence-config's copy, not from the file. The version stays: every node gets the same words. */
const restartWell = (node: NodeName, dialect: Dialect): string =>
  lines(
    untilOk,
    reloadConfiguration(node, dialect, { sameVersion: true }).script,
    '/usr/local/pf/bin/pfcmd service keepalived restart',
    `until_ok 60 ${quote(`systemctl is-active -q ${unitOf(dialect)}`)}`,
  );

/** Exit 0: its configuration says what pf.conf says, and its process was started after that was written. */
const runsByIt = (unit: string): string =>
  `perl -e ${quote(compare)} ${pfConf}.defaults ${pfConf} ${generated} && started=$(( $(date +%s) - $(ps -o etimes= -p "$(systemctl show -p MainPID --value ${unit})" || echo 0) )) && [ "$started" -ge "$(stat -c %Y ${generated})" ]`;

const compare = String.raw`
my %said; for my $file (@ARGV[0, 1]) { open my $in, "<", $file or next; my $section = "";
  while (<$in>) { s/\r?\n\z//; if (/^\s*\[\s*(\S|\S.*\S)\s*\]\s*$/) { $section = $1 }
    elsif ($section eq "active_active" && /^\s*([^=#;]*?\S)\s*=\s*(.*)$/) { $said{$1} = $2 } } }
open my $in, "<", $ARGV[2] or exit 1; my ($keys, $wrong, $peers) = (0, 0, 0);
while (<$in>) { if (/^\s*auth_pass\s+(\S+)/) { $keys++; $wrong++ if substr($1, 0, 8) ne substr($said{password}, 0, 8) }
  elsif (/^\s*virtual_router_id\s+(\S+)/) { $wrong++ if $1 ne $said{virtual_router_id} }
  elsif (/^\s*unicast_src_ip/) { $peers = 1 } }
my $unicast = ($said{vrrp_unicast} // "") =~ /^(y|yes|true|enable|enabled|1)$/i ? 1 : 0;
exit($keys > 0 && !$wrong && $peers == $unicast ? 0 : 1)`;

const tell = (unit: string): string =>
  lines(
    tellUnit(unit),
    `if ${runsByIt(unit)} 2>/dev/null; then echo 'it was started by what pf.conf says'; else echo 'it was not started by what pf.conf says'; fi`,
  );
