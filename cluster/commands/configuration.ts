/**
 * PacketFence's configuration: carried between nodes, read again, and what must start anew after it. None of its
 * programs' exit codes is believed (reference/packetfence-run.md C1, C4, C8): words are judged, and state.
 */
import type { Dialect } from '../dialect.js';
import type { Login } from '../logins.js';
import type { Change, NodeName, Reversible } from '../words.js';
import { syncedList } from './folders.js';
import { quote } from './quote.js';
import { allActive, lines, tellUnit, untilOk } from './shell.js';

const pfcmd = '/usr/local/pf/bin/pfcmd';
const sync = '/usr/local/pf/bin/cluster/sync';
const conf = '/usr/local/pf/conf';

/** With every peer there, sync --as-master takes two minutes; a peer that drops packets costs 135 s for each of 44 stores. */
const syncLimit = 900; // seconds
/** Seen: 12 s, and 20 s with the database down. */
const reloadLimit = 300; // seconds

/**
 * Runs cluster/sync, which ends with 0 whatever happened: its words count. It ends at the first complaint, because each of
 * sixty files may take its 135 s. `allowed`: a complaint that is none. Leaves what it said in $out.
 */
const syncWell = (command: string, allowed?: string): string =>
  lines(
    'out=$(mktemp)',
    `bad() { grep -E '^(ERROR|FATAL) |ERROR !!!' "$out"${allowed ? ` | grep -vF ${quote(allowed)}` : ''}; }`,
    `${command} >"$out" 2>&1 & pid=$!`,
    `n=$((${syncLimit} * 5)); while kill -0 $pid 2>/dev/null && ! bad >/dev/null && [ "$n" -gt 0 ]; do n=$((n - 1)); sleep 0.2; done`,
    'if kill $pid 2>/dev/null && ! bad >/dev/null; then echo "It did not end in time."; tail -n 5 "$out"; rm -f "$out"; exit 1; fi',
    'code=0; wait $pid || code=$?',
    'if bad >/dev/null || [ "$code" != 0 ] || ! grep -q "^INFO : Synching" "$out"; then',
    '  { bad || tail -n 5 "$out"; } | head -n 5',
    '  ! grep -q "malformed JSON string" "$out" || echo "That stands for 401 or 500: user or password of access.ini [webservices] is not what the cluster knows, or the other node has no database."',
    '  rm -f "$out"; exit 1',
    'fi',
  );

/**
 * Guide 3.5.2: takes the whole configuration over from a node in order. A cluster whose configuration nobody has synced
 * yet has no version of it: that one complaint is expected there (D11). Leaves the checksums of all that came.
 */
export function syncFrom(
  node: NodeName,
  dialect: Dialect,
  run: string,
  { address, login }: { readonly address: string; readonly login: Login },
): Change {
  const list = quote(syncedList(run));
  const noVersion = `ERROR : Failed to sync file : ${dialect.configVersion} . Config file ${dialect.configVersion} doesn't exist`;
  const command = `${sync} --from=${quote(address)} --api-user=${quote(login.user)} --api-password="$PF_API_PASSWORD"`;
  return {
    verb: 'syncFrom',
    node,
    title: `Take the configuration over from ${address} on ${node}`,
    given: { from: address },
    secrets: { PF_API_PASSWORD: login.password },
    script: lines(
      untilOk,
      readWhatIsUnread(node, dialect),
      syncWell(command, noVersion),
      // A sync takes every file to pf:pf, whatever it was.
      `${pfcmd} fixpermissions >/dev/null 2>&1 || :`,
      `mkdir -p -m 700 "$(dirname ${list})"`,
      // What it held by itself would outvote the cluster's.
      `without=; if grep -qF ${quote(noVersion)} "$out"; then without=${quote(dialect.configVersion)}; rm -f "$without"; fi`,
      `sed -n 's/^INFO : Synching file : \\(.*[^ ]\\) *$/\\1/p' "$out" | grep -vxF "$without" | sort -u | tr '\\n' '\\0' | xargs -0 sha256sum >${list}.new || exit 1`,
      `rm -f "$out"; sync ${list}.new; mv ${list}.new ${list}`,
    ),
    wanted: `[ -s ${list} ] && sha256sum -c --status ${list}`,
    tells: {
      wanted: 'every file as it came from there',
      seen: `if [ -s ${list} ]; then sha256sum -c --quiet ${list} 2>&1 | head -n 5; else echo 'nothing was taken over'; fi`,
    },
    repeatable: true,
  };
}

/**
 * Where an earlier sync was never followed by a reload, the cluster.conf on the disk names this node, and what PacketFence has
 * read does not: none of its programs runs then, this one neither (C1). That it stays so is for the sync to tell.
 */
const readWhatIsUnread = (node: NodeName, dialect: Dialect): string =>
  lines(
    // Without options the sync does nothing.
    `if grep -sqE "^\\[([^]]* )?$(hostname)\\]" ${conf}/cluster.conf && timeout 60 ${sync} 2>&1 </dev/null | grep -qF "Can't determine cluster name"; then`,
    `  timeout 400 systemctl restart ${dialect.units.config ?? 'packetfence-config'}; until_ok 90 ${quote(configListens())}`,
    `  ( ${reloadConfiguration(node, dialect, { sameVersion: true }).script}`,
    '  ) >/dev/null 2>&1 || :',
    'fi',
  );

/** Guide 7.2, 8.2: gives this node's configuration, and a new version of it, to every other one. */
export function syncAsMaster(node: NodeName, run: string): Change {
  const mark = quote(`${syncedList(run)}.given`);
  return {
    verb: 'syncAsMaster',
    node,
    title: `Give the configuration of ${node} to every other node`,
    script: lines(
      `mkdir -p -m 700 "$(dirname ${mark})" && : >${mark}.new`, // before: what is edited meanwhile is newer
      syncWell(`${sync} --as-master`),
      `rm -f "$out"; mv ${mark}.new ${mark}`,
    ),
    wanted: `[ -e ${mark} ] && [ -z "$(find ${conf} -name '*.conf' -newer ${mark} 2>/dev/null)" ]`,
    tells: {
      wanted: 'all of it given away, and nothing changed since',
      seen: `if [ -e ${mark} ]; then find ${conf} -name '*.conf' -newer ${mark} | head -n 5; else echo 'not given away by this run'; fi`,
    },
    repeatable: true,
  };
}

/**
 * `pfcmd configreload hard`. From 12.0 on that makes a new version of the configuration; `sameVersion` puts the one back
 * that it had: of what came from another node there is nothing new. It is kept on the disk, because a reboot in the middle
 * leaves the new one; what was kept counts until a file of the configuration is newer.
 */
export function reloadConfiguration(node: NodeName, dialect: Dialect, { sameVersion = false } = {}): Change {
  const version = quote(dialect.configVersion);
  const keeps = sameVersion && dialect.reloadMakesVersion;
  return {
    verb: 'reloadConfiguration',
    node,
    title: `Reload the configuration on ${node}`,
    given: { sameVersion: String(sameVersion) },
    script: lines(
      'mkdir -p /run/pfrunbook; said=$(mktemp); : >/run/pfrunbook/reloading',
      keeps && `kept=/var/lib/pfrunbook/version-before-reload; mkdir -p /var/lib/pfrunbook`,
      keeps &&
        `{ [ -e $kept ] && [ -z "$(find ${conf} -name '*.conf' -newer $kept 2>/dev/null)" ]; } || { { cat ${version} 2>/dev/null || :; } >$kept.new; sync $kept.new; mv $kept.new $kept; }`,
      `code=0; timeout ${reloadLimit} ${pfcmd} configreload hard >"$said" 2>&1 || code=$?`,
      keeps && `if [ -s $kept ]; then cat $kept >${version}; else rm -f ${version}; fi; rm -f $kept`,
      // "Could not write namespace": the database is not there yet, as the guide says; nothing else is excused.
      `if [ "$code" != 0 ] || grep -vF 'to L2 cache !' "$said" | grep -qE 'cannot be loaded|cannot connect|cannot create|Failed to connect|FATAL|ERROR'; then`,
      `  echo "configreload ended with $code."; grep -vF 'to L2 cache !' "$said" | head -n 5; rm -f "$said"; exit 1`,
      'fi',
      'rm -f "$said"; mv /run/pfrunbook/reloading /run/pfrunbook/reloaded',
    ),
    wanted: `[ -e /run/pfrunbook/reloaded ] && [ -z "$(find ${conf} -name '*.conf' -newer /run/pfrunbook/reloaded 2>/dev/null)" ]`,
    tells: {
      wanted: 'read again after the last change of a file',
      seen: `if [ -e /run/pfrunbook/reloaded ]; then find ${conf} -name '*.conf' -newer /run/pfrunbook/reloaded | head -n 5; else echo 'not reloaded since it was started'; fi`,
    },
    repeatable: true,
  };
}

/** A change of the files: what is taken back is read again at once. Whatever runs goes by what was read last, the database's unit too. */
export function readAgain(
  change: Reversible,
  ...again: readonly [...restarted: Change[], reloaded: Change]
): Reversible {
  const { inverse } = change;
  const { wanted } = again.at(-1) ?? inverse;
  return {
    ...change,
    inverse: {
      ...inverse,
      title: `${inverse.title}, and read it again`,
      given: { ...inverse.given, reload: 'true' },
      // A file that is put back is as old as it was: only the reload's own mark tells that it was read since. It goes first, or a crash between the two would leave it.
      script: lines('rm -f /run/pfrunbook/reloaded', inverse.script, ...again.map(({ script }) => script)),
      wanted: `{ ${lines(inverse.wanted, '}')} && ${wanted}`,
    },
  };
}

/** Sockets that listen, as "address:port". */
const listens = (address: string, port: number): string =>
  `ss -ltn | awk '{ print $4 }' | grep -qxF ${quote(`${address}:${port}`)}`;
const anywhere = (port: number): string =>
  `{ ${['0.0.0.0', '*', '[::]'].map((at) => listens(at, port)).join(' || ')}; }`;

const configListens = (): string => `{ ${listens('127.0.0.1', 44444)} || ${anywhere(44444)}; }`;

/** packetfence-config says that it is up before it listens: all that follows would wait a minute, and fail (C3). */
export const restartConfig = (node: NodeName, dialect: Dialect, run: string): Change =>
  restart(node, run, {
    units: [dialect.units.config ?? 'packetfence-config'],
    ready: configListens(),
    words: 'it listens',
  });

export const restartProxies = (node: NodeName, { proxies }: Dialect, run: string): Change =>
  restart(node, run, {
    units: proxies,
    ready: allActive(proxies),
    words: 'active',
  });

/** Guide 3.5.2's last check: they listen on the node's own address and the virtual one; from 14.0 on, everywhere (C11). */
export function restartWebservices(
  node: NodeName,
  dialect: Dialect,
  run: string,
  { own, virtual }: { readonly own: string; readonly virtual: string },
): Change {
  const both = [own, virtual].filter(Boolean);
  return restart(node, run, {
    units: [dialect.units.webservices ?? 'packetfence-httpd.webservices'],
    ready: `{ ${anywhere(9090)} || { ${both.map((at) => listens(at, 9090)).join(' && ')}; }; }`,
    words: `listening at port 9090 of ${both.join(' and ')}`,
  });
}

/** Started again by this run: the start is the one that it noted. A reboot in between is another start. */
export function restart(
  node: NodeName,
  run: string,
  { units, ready, words }: { readonly units: readonly string[]; readonly ready: string; readonly words: string },
): Change {
  const names = units.map(quote).join(' ');
  const mark = quote(`/run/pfrunbook/started-${run.replaceAll('/', '-')}-${units.join('-')}`);
  const starts = `systemctl show -p Id,ActiveEnterTimestampMonotonic ${names} 2>/dev/null`;
  return {
    verb: 'restart',
    node,
    title: `Restart ${units.join(' and ')} on ${node}`,
    given: { units: units.join(' ') },
    script: lines(
      untilOk,
      `mkdir -p /run/pfrunbook; systemctl reset-failed ${names} 2>/dev/null || :`,
      `timeout 400 systemctl restart ${names} || { systemctl --failed --no-legend; exit 1; }`,
      `until_ok 90 ${quote(ready)} || { echo "Not within 90 s: ${words}."; ss -ltn; exit 1; }`,
      `${starts} >${mark}`,
    ),
    wanted: `[ -s ${mark} ] && [ "$(${starts})" = "$(cat ${mark})" ] && ${ready}`,
    tells: {
      wanted: `${units.join(', ')} started anew, and ${words}`,
      seen: lines(
        ...units.map(tellUnit),
        `ss -ltn | awk 'NR > 1 { print "something listens at " $4 }' | grep -E ':(44444|9090)$' || :`,
      ),
    },
    repeatable: true,
  };
}

/** Also what packetfence-mariadb does before each start, where it may fail unseen: then the old one stays in force (C1, C2). */
export function generateMariadbConf(node: NodeName, dialect: Dialect, addresses: readonly string[]): Change {
  const file = quote(dialect.mariadbConf);
  const peers = `grep '^wsrep_cluster_address' ${file} 2>/dev/null`;
  return {
    verb: 'generateMariadbConf',
    node,
    title: `Write the configuration of MariaDB on ${node}, with every node of the cluster`,
    given: { addresses: addresses.join(' ') },
    script: `timeout 120 ${pfcmd} generatemariadbconfig 2>&1 | tail -n 3`,
    wanted: addresses.map((address) => `${peers} | grep -qwF ${quote(address)}`).join(' && '),
    tells: {
      wanted: `${addresses.join(', ')} in ${dialect.mariadbConf}`,
      seen: `${peers} || echo 'no wsrep_cluster_address: such a server starts alone'`,
    },
    repeatable: true,
  };
}

/** What the node boots to. `before`: what it was. */
export function setDefaultTarget(node: NodeName, target: string, before: string): Reversible {
  const to = (name: string): Change => ({
    verb: 'setDefaultTarget',
    node,
    title: `Boot ${node} to ${name}`,
    given: { target: name },
    script: `systemctl set-default ${quote(name)} 2>&1`,
    wanted: `[ "$(systemctl get-default)" = ${quote(name)} ]`,
    tells: { wanted: `${name} as the default target`, seen: 'echo "it boots to $(systemctl get-default)"' },
    repeatable: true,
  });
  return { ...to(target), inverse: to(before) };
}

/**
 * Enables the units of the services that pf.conf asks for: a boot, and PacketFence's target, start only those. What is
 * masked cannot be enabled: done again when the guards are back. `round` tells the two apart.
 */
export function enableServices(node: NodeName, dialect: Dialect, run: string, round: 'first' | 'last'): Change {
  const mark = quote(`${syncedList(run)}.enabled-${round}`);
  const { keepalived, haproxyDb, webservices } = dialect.units;
  const must = [keepalived, haproxyDb, webservices].filter((unit) => unit !== undefined);
  const enabled = must.map((unit) => `systemctl is-enabled -q ${unit}`).join(' && ');
  return {
    verb: 'enableServices',
    node,
    title: `Enable PacketFence's services on ${node}`,
    given: { round },
    script: lines(
      `timeout ${syncLimit} ${pfcmd} ${dialect.enablesBy} 2>&1 | tail -n 5`,
      // Up to 7.4 a start enables only what it starts, and these may run already.
      dialect.enablesBy === 'service pf start' &&
        `for unit in ${must.join(' ')}; do ! systemctl is-active -q $unit || systemctl enable -q $unit; done`,
      `${enabled} && mkdir -p -m 700 "$(dirname ${mark})" && : >${mark}`,
    ),
    wanted: `[ -e ${mark} ] && ${enabled}`,
    tells: { wanted: `${must.join(', ')} enabled`, seen: must.map(tellUnit).join('\n') },
    repeatable: true,
  };
}
