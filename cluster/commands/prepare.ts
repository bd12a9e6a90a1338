/** What a server is given before it can be in a cluster (guide 3.1, 3.3, 9.3). */
import type { Dialect } from '../dialect.js';
import type { Change, NodeName, Reversible } from '../words.js';
import { readAgain, reloadConfiguration } from './configuration.js';
import { keepAndPut, restoreKept } from './kept-file.js';
import { quote } from './quote.js';
import { lines } from './shell.js';

const percona = 'http://www.percona.com/downloads/percona-release/redhat/0.1-3/percona-release-0.1-3.noarch.rpm';

/** By OS family and version. Percona's repository stays off but for this one call. */
export const installs: Readonly<Record<Dialect['sstMethod'], Readonly<Record<Dialect['osFamily'], string>>>> = {
  mariabackup: {
    debian: 'DEBIAN_FRONTEND=noninteractive apt-get -q update && apt-get -q -y install mariadb-backup socat',
    rhel: 'yum -q -y install MariaDB-backup socat',
  },
  xtrabackup: {
    debian: lines(
      'release=percona-release_0.1-4.$(lsb_release -sc)_all.deb; fetched=$(mktemp -d)',
      'wget -q -O "$fetched/$release" "https://repo.percona.com/apt/$release" && dpkg -i "$fetched/$release"; rm -rf "$fetched"',
      'DEBIAN_FRONTEND=noninteractive apt-get -q update && apt-get -q -y install percona-xtrabackup-24 socat',
    ),
    rhel: lines(
      `rpm -q percona-release >/dev/null || yum -q -y install ${percona}`,
      "sed -i 's/enabled = 1/enabled = 0/g' /etc/yum.repos.d/percona-release.repo",
      'yum -q -y install percona-xtrabackup socat --enablerepo=percona-release-x86_64',
    ),
  },
};

/** Guide 3.1. They stay where the run is ended: nothing uses them by itself. */
export function installCopyTools(node: NodeName, { sstMethod, osFamily }: Dialect): Change {
  const tools = [sstMethod, 'socat'];
  return {
    verb: 'installCopyTools',
    node,
    title: `Install ${tools.join(' and ')} on ${node}`,
    script: installs[sstMethod][osFamily],
    wanted: tools.map((tool) => `command -v ${tool} >/dev/null`).join(' && '),
    tells: {
      wanted: `${tools.join(' and ')} installed`,
      seen: tools.map((tool) => `command -v ${tool} || echo 'no ${tool}'`).join('\n'),
    },
    repeatable: true,
  };
}

/** After all others, whatever the system brings. */
export const sysctlFile = (key: string): string => `/etc/sysctl.d/99-zz-packetfence-${key.replaceAll('.', '-')}.conf`;

/** Guide 3.3 and 9.3: now, and after each boot. A file of its own, after all others: not every system still reads /etc/sysctl.conf. */
export function setSysctl(node: NodeName, run: string, key: string, value: '0' | '1', before: '0' | '1'): Reversible {
  const path = sysctlFile(key);
  const [file, setting] = [quote(path), quote(`${key} = ${value}`)];
  const now = `sysctl -n ${quote(key)} 2>/dev/null`;
  const back = restoreKept(run, path);
  return {
    verb: 'setSysctl',
    node,
    title: `Set ${key} = ${value} on ${node}`,
    given: { key, value },
    script: lines(
      'set -e',
      keepAndPut(run, path).replaceAll('pf:pf', 'root:root').replaceAll('chmod 664', 'chmod 644'),
      'keep',
      `printf '%s\\n' ${setting} | put`,
      `sysctl -q -p ${file}`,
    ),
    wanted: `[ "$(${now})" = ${value} ] && grep -qxF ${setting} ${file} 2>/dev/null`,
    tells: { wanted: `${key} = ${value}, now and in ${path}`, seen: `echo "${key} is $(${now} || echo unknown)"` },
    repeatable: true,
    inverse: {
      verb: 'setSysctlBack',
      node,
      title: `Set ${key} back to ${before} on ${node}`,
      given: { key, value: before },
      script: lines(back.script, `sysctl -q -w ${quote(`${key}=${before}`)}`),
      wanted: lines(back.wanted, `[ $? = 0 ] && [ "$(${now})" = ${before} ]`),
      tells: {
        wanted: `${key} = ${before}, and ${path} as it was`,
        seen: `echo "${key} is $(${now} || echo unknown)"`,
      },
      repeatable: true,
    },
  };
}

const clusterConf = '/usr/local/pf/conf/cluster.conf';
/** As installed it names [CLUSTER] and gives it nothing. */
const saysSomething = `grep -qE '^[[:blank:]]*[^#;[:blank:]][^=]*=[[:blank:]]*[^[:blank:]]' ${clusterConf} 2>/dev/null`;

/** Guide 3.1: what stands in cluster.conf is commented out, and read again. */
export function emptyClusterConf(node: NodeName, dialect: Dialect, run: string): Reversible {
  const reload = reloadConfiguration(node, dialect);
  const back = restoreKept(run, clusterConf);
  const change: Reversible = {
    verb: 'emptyClusterConf',
    node,
    title: `Comment out all of cluster.conf on ${node}`,
    script: lines(
      'set -e',
      keepAndPut(run, clusterConf),
      'keep',
      `sed -E 's/^([[:blank:]]*[^#;[:blank:]])/#\\1/' "$file" | put`,
      'set +e',
      reload.script,
    ),
    wanted: `! ${saysSomething}`,
    tells: {
      wanted: 'nothing but comments in cluster.conf',
      seen: `if ${saysSomething}; then echo 'cluster.conf says something'; else echo 'cluster.conf says nothing'; fi`,
    },
    repeatable: true,
    inverse: {
      verb: 'restoreClusterConf',
      node,
      title: `Put cluster.conf of ${node} back as it was`,
      ...back,
      tells: {
        wanted: 'cluster.conf as it was before this run, and read since',
        seen: lines(`ls -l ${clusterConf} 2>&1 || :`, reload.tells?.seen ?? ':'),
      },
      repeatable: true,
    },
  };
  return readAgain(change, reload);
}

/**
 * `bootId`: of before. It only begins: the node goes down a moment later, so that the answer still gets through; whoever waits for
 * its return can then say what to do where it does not come.
 */
export function reboot(node: NodeName, bootId: string): Change {
  const boot = '/proc/sys/kernel/random/boot_id';
  const begun = '/run/pfrunbook/rebooting';
  return {
    verb: 'reboot',
    node,
    title: `Reboot ${node}`,
    given: { bootId },
    script: lines(
      'mkdir -p /run/pfrunbook',
      `setsid sh -c 'sleep 3; systemctl reboot' >/dev/null 2>&1 </dev/null &`,
      `printf '%s\\n' ${quote(bootId)} >${begun}`,
    ),
    wanted: `[ "$(cat ${boot})" != ${quote(bootId)} ] || grep -qxF -e ${quote(bootId)} ${begun} 2>/dev/null`,
    tells: {
      wanted: 'another boot than before, or on its way there',
      seen: `echo "up since $(uptime -s 2>/dev/null)"`,
    },
    repeatable: true,
  };
}
