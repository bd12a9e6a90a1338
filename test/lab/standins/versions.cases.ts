/** What other versions do otherwise than 14.0; there the other tables hold. */
import type { Table } from './case.js';

const STOPPED = 'systemctl stop packetfence-mariadb; within 60 no_server';
const STARTED = 'systemctl reset-failed packetfence-mariadb; systemctl start packetfence-mariadb && within 60 synced';

/** The peers answer neither pings nor logins. */
const ALONE = `nft add table inet standins; nft add chain inet standins in '{ type filter hook input priority -300; }'
  for peer in $PEERS; do nft add rule inet standins in ip saddr $(ip_of $peer) drop; done`;
const TOGETHER = 'nft delete table inet standins';

const FROM = 'sync --from="$(ip_of "$PEER")" --api-user="$API_USER" --api-password="$API_PASSWORD"';

const missing = (line: number) => ({
  title: `a file that the master lacks is told with its own line of api.pm, ${line}`,
  given: 'echo $PF/conf/nothing >$PF/conf/cluster-files.txt',
  run: `${FROM} | grep nothing`,
  code: 0,
  stdout: [new RegExp(`Config file \\S+nothing doesn't exist at \\S+api\\.pm line ${line}\\.`)],
  after: 'rm $PF/conf/cluster-files.txt',
});

const call = (where: string, scheme: string): string =>
  `curl -sk -H 'Request: get_config_version' -H 'Content-Type: application/json-rpc' -w '%{http_code}' \\
     -d '{"jsonrpc":"2.0","id":1,"method":"get_config_version","params":[]}' "${scheme}://${where}:9090/"`;

export const thirteenTwo: Table = {
  program: '13.2',
  cases: [
    { title: 'tells its version', run: 'pfcmd version', code: 0, stdout: [/^PacketFence 13\.2\.0\n$/] },
    { title: 'finds its own schema (1.6)', run: 'pfcmd checkup | grep -c FATAL', code: 1, stdout: [/^0$/m] },
    missing(729),
  ],
};

export const sevenFour: Table = {
  program: '7.4',
  cases: [
    { title: 'tells its version', run: 'pfcmd version', code: 0, stdout: [/^PacketFence 7\.4\.0\n$/] },
    { title: 'checkup begins with its findings (1.6)', run: 'pfcmd checkup', code: [0, 1], stdout: [/^(?!Checking)/] },
    {
      title: 'one haproxy for everything (0)',
      run: 'systemctl list-unit-files --no-legend "packetfence-haproxy*" | cut -d" " -f1; is haproxy active',
      code: 0,
      stdout: [/^packetfence-haproxy\.service\n$/],
    },
    {
      title: 'status is a table of columns, and exit 0 while everything managed runs (4.2)',
      run: 'pfcmd service pf status',
      code: 0,
      stdout: [/^service\|shouldBeStarted\|pid\n/, /^haproxy\|1\|[1-9]\d*$/m, /^pfmon\|1\|[1-9]\d*$/m],
    },
    {
      title: 'status is exit 3 where one is down (4.2)',
      given: 'systemctl stop packetfence-pfmon',
      run: 'pfcmd service pf status | grep pfmon; pfcmd service pf status >/dev/null',
      code: 3,
      stdout: [/^pfmon\|1\|0\n$/],
    },
    {
      title: 'start tells of each service, started or not (4.2)',
      run: 'pfcmd service pfmon start; pfcmd service pfmon start',
      code: 0,
      stdout: [/^service\|command\n(.*\n)*pfmon\|start\n(.*\n)*service\|command\n(.*\n)*pfmon\|already started\n$/],
    },
    {
      title: 'a restart is a stop and a start under one header',
      run: 'pfcmd service pfmon restart',
      code: 0,
      stdout: [/^service\|command\npfmon\|stop\n(.*\n)*pfmon\|start\n$/, /^(?!service[\s\S]+service\|command)/],
    },
    {
      title: 'stop of pf stops service by service, and leaves database and config (4.2)',
      run: 'pfcmd service pf stop; is mariadb active && is config active && is httpd.webservices inactive && is keepalived inactive',
      code: 0,
      stdout: [/^haproxy\|stop$/m, /^keepalived\|stop$/m],
    },
    {
      title: 'start of pf starts them again',
      run: 'pfcmd service pf start; is httpd.webservices active && is keepalived active',
      code: 0,
      stdout: [/^haproxy\|start$/m],
      after: 'within 60 synced',
    },
    missing(679),
    {
      title: 'maintenance ends without a word of the Redis cache (1.5)',
      given: 'maintenance --activate >/dev/null; within 60 no_server',
      run: 'maintenance --deactivate',
      code: 0,
      stdout: [/^=+\nStarting PacketFence MariaDB\.\.\.\n=+\nStarting PacketFence\.\.\.\n/],
      after: 'within 60 synced',
    },
  ],
};

export const nineOne: Table = {
  program: '9.1',
  cases: [
    { title: 'tells its version', run: 'pfcmd version', code: 0, stdout: [/^PacketFence 9\.1\.0\n$/] },
    { title: 'finds its own schema, and 127.0.0.1 right (1.6)', run: 'pfcmd checkup | grep -c FATAL', code: 1 },
    {
      title: 'currently-at closes the configurator (0)',
      run: 'pfcmd version | cmp - $PF/conf/currently-at',
      code: 0,
    },
    {
      title: 'has a haproxy-db and a pfmon, and neither proxysql nor galera-autofix (0)',
      run: 'pfcmd service pf status',
      code: 0,
      stdout: [
        /^packetfence-haproxy-db\.service\s+started\s+[1-9]/m,
        /^packetfence-pfmon\.service\s+started\s+[1-9]/m,
        /^(?![\s\S]*(proxysql|autofix|pfcron))/,
      ],
    },
    {
      title: 'a restart shows the service twice (D15)',
      run: 'pfcmd service haproxy-db restart',
      code: 0,
      stdout: [/(packetfence-haproxy-db\.service[^\n]*\n){2}$/],
    },
    {
      title: 'a reload makes no new version (D16)',
      given: 'echo -n 1 >$PF/var/config_version',
      run: 'pfcmd configreload hard',
      code: 0,
      stdout: [],
      stderr: [],
      changed: [],
    },
    {
      title: 'a reload with packetfence-config down tries 600 times, and exits 0 with the usage (D16, C1)',
      given: 'config_down',
      run: 'pfcmd configreload 2>/tmp/tries; code=$?; echo "tries $(($(wc -l </tmp/tries) / 2))"; exit $code',
      code: 0,
      stdout: [/module pf::cmd::pf::configreload cannot be loaded/, /^tries 600$/m],
      after: 'config_up',
    },
    {
      title: 'sync --as-master makes the version, of root:pf 0660 (D17)',
      run: 'rm $PF/var/config_version; sync --as-master --file=$PF/conf/roles.conf >/dev/null; stat -c "%U:%G %a" $PF/var/config_version',
      code: 0,
      stdout: [/^root:pf 660\n$/],
      changed: ['config_version'],
    },
    missing(713),
    {
      title: 'the first sync of a fresh cluster fails for config_version alone, as nothing has written it (D11)',
      given: `for peer in $PEERS; do curl -sk -u "$API_USER:$API_PASSWORD" https://$(ip_of $peer):9090/ >/dev/null; done`,
      run: `${FROM} | grep '^ERROR'`,
      code: 0,
      stdout: [
        /^ERROR : Failed to sync file : \/usr\/local\/pf\/var\/config_version \. Config file \/usr\/local\/pf\/var\/config_version doesn't exist at \S+api\.pm line 713\.\n$/,
      ],
    },
    {
      title: 'webservices need no login on the loopback, and no TLS (4)',
      run: call('127.0.0.1', 'http'),
      code: 0,
      stdout: [/"version"[\s\S]*200$/],
    },
    {
      title: 'webservices want one on the own address, and on the VIP, and are nowhere else (4, guide 3.5.2)',
      run: `${call('$(ip_of "$HOST")', 'https')}; ${call('$VIP', 'https')} >/dev/null
            ss -Hltn 'sport = :9090' | awk '{ print $4 }' | sort; printf '%s:9090\\n' 127.0.0.1 "$(ip_of "$HOST")" "$VIP" | sort`,
      code: 0,
      stdout: [/401((?:127|192)[\d.]+:9090\n[\d.]+:9090\n[\d.]+:9090\n)\1$/],
    },
    {
      title: 'mariadb.conf names xtrabackup, and no binary log (3.2)',
      run: `pfcmd generatemariadbconfig; grep -E 'sst_method|^log_bin|gtid|init_file' $PF/var/conf/mariadb.conf`,
      code: 0,
      stdout: [/^wsrep_sst_method = xtrabackup\n$/],
    },
    {
      title: 'the unit takes no arguments, and its stop ends the wrapper alone (1.2, D1)',
      run: 'systemctl cat packetfence-mariadb | grep -E "^(ExecStart|KillMode)="',
      code: 0,
      stdout: [/^ExecStart=\/usr\/local\/pf\/sbin\/pf-mariadb\nKillMode=process\n$/],
    },
    {
      title: 'a stop returns while the server still ends (D10)',
      run: 'systemctl stop packetfence-mariadb; pgrep -x mysqld >/dev/null',
      code: 0,
      after: `within 60 no_server; ${STARTED}`,
    },
    {
      title: 'alone, even the last one stopped waits for a quorum of pings (D5)',
      given: `${STOPPED}; keep /var/lib/mysql/grastate.dat; sed -i 's/safe_to_bootstrap: 0/safe_to_bootstrap: 1/' /var/lib/mysql/grastate.dat; ${ALONE}`,
      run: `systemctl start --no-block packetfence-mariadb
            within 60 logged pf-mariadb "There isn't a ping quorum yet nor a server with an alive database" && is mariadb activating && no_server`,
      code: 0,
      after: `systemctl kill -s KILL packetfence-mariadb; within 30 no_server; put_back /var/lib/mysql/grastate.dat; ${TOGETHER}; ${STARTED}`,
    },
    {
      title: 'a new cluster by force leaves gvwstate.dat where it is (3.1)',
      given: `${STOPPED}; keep /var/lib/mysql/grastate.dat; keep $PF/var/conf/mariadb.conf
              touch /var/lib/mysql/gvwstate.dat; sed -i '/^\\[mysqld\\]$/a no_such_option_here' $PF/var/conf/mariadb.conf`,
      run: `timeout -s KILL 40 pf-mariadb --force-new-cluster; grep -q 'safe_to_bootstrap: 1' /var/lib/mysql/grastate.dat && [ -e /var/lib/mysql/gvwstate.dat ]`,
      code: 0,
      changed: ['grastate.dat'],
      after: `within 60 no_server; put_back /var/lib/mysql/grastate.dat; put_back $PF/var/conf/mariadb.conf
              rm -f /var/lib/mysql/grastate.dat.bak /var/lib/mysql/gvwstate.dat; ${STARTED}`,
    },
    {
      title: 'a wiped node gets a full copy (section 4)',
      given: `${STOPPED}; rm -rf /var/lib/mysql/*`,
      run: `systemctl start packetfence-mariadb && synced && mariadb -NBe 'SELECT COUNT(*) > 0 FROM pf.person'`,
      code: 0,
      stdout: [/^1$/m],
      changed: ['grastate.dat'],
    },
    {
      title: 'pfmon checks the cluster (0)',
      run: 'pfcmd pfmon cluster_check',
      code: 0,
      stdout: [/^task cluster_check finished$/m],
    },
  ],
};
