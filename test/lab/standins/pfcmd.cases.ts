import type { Table } from './case.js';

const CONF = '$PF/conf/cluster.conf';
const RESTORED = `put_back ${CONF}; pfcmd configreload`;

/** An edit of cluster.conf that the reload accepts. */
const edited = (sed: string): string => `keep ${CONF}; sed -i '${sed}' ${CONF}; pfcmd configreload`;

/** The peer's own address, edited and not reloaded. */
const peerAddress = (address: string): string =>
  `keep ${CONF}; sed -i "/^\\[$PEER\\]/,/^management_ip/s/^management_ip=.*/management_ip=${address}/" ${CONF}`;

export const pfcmd: Table = {
  program: 'pfcmd',
  cases: [
    {
      title: 'tells its version (1.6)',
      run: 'pfcmd version',
      code: 0,
      stdout: [/^PacketFence 14\.0\.\d+\n$/],
      stderr: [],
    },
    {
      title: 'tells its version with packetfence-config down (C3)',
      given: 'config_down',
      run: 'pfcmd version',
      code: 0,
      stdout: [/^PacketFence/],
      after: 'config_up',
    },
    {
      title: 'shows the usage for an unknown command and exits 0 (C1)',
      run: 'pfcmd nothing',
      code: 0,
      stdout: [/unknown command nothing/, /^Usage:/m],
    },
    // checkup
    {
      title: 'checkup finds no FATAL on a healthy node (1.6, H15)',
      run: 'pfcmd checkup',
      code: [0, 1],
      stdout: [/^Checking configuration sanity\.\.\.\n(?![\s\S]*FATAL)/],
    },
    {
      title: 'checkup that cannot load exits 0 all the same (C1)',
      given: 'hostname ghost',
      run: 'pfcmd checkup',
      code: 0,
      stdout: [/module pf::cmd::pf::checkup cannot be loaded/, /^Usage:/m],
      after: 'hostname "$HOST"',
    },
    {
      title: 'checkup misses an interface of the CLUSTER: 255 (1.6)',
      given: edited('s/^\\[CLUSTER interface [^]]*\\]/[CLUSTER interface none0]/'),
      run: 'pfcmd checkup',
      code: 255,
      stdout: [/^FATAL - Interface \S+ is not defined for CLUSTER$/m],
      after: RESTORED,
    },
    {
      title: "checkup refuses a peer's address that is a word (1.6)",
      given: `${peerAddress('foo')}; pfcmd configreload`,
      run: 'pfcmd checkup',
      code: 255,
      stdout: [/^FATAL - management_ip is not a valid IP address for \S+$/m],
      after: RESTORED,
    },
    {
      title: 'checkup lets 10.78.0.999 pass (C21)',
      given: `${peerAddress('10.78.0.999')}; pfcmd configreload`,
      run: 'pfcmd checkup',
      code: [0, 1],
      after: RESTORED,
    },
    {
      title: 'checkup does not see an edit that nobody reloaded (C22)',
      given: peerAddress('foo'),
      run: 'pfcmd checkup',
      code: [0, 1],
      after: `put_back ${CONF}`,
    },
    {
      title: 'checkup says that the database is down (1.6)',
      given: 'systemctl stop packetfence-proxysql packetfence-haproxy-db',
      run: 'pfcmd checkup',
      code: 255,
      stdout: [
        /^FATAL - Unable to connect to your database\./m,
        /^FATAL - Cannot connect to database to check schema version/m,
      ],
      after:
        'systemctl start packetfence-haproxy-db packetfence-proxysql; within 30 sh -c "pfcmd checkup | grep -vq FATAL"',
    },
    // configreload
    {
      title: 'configreload is silent and makes a new version (H1, C5)',
      given: 'echo 1 >$PF/var/conf/config_version',
      run: "pfcmd configreload && grep -qE '^[0-9]{10}$' $PF/var/conf/config_version",
      code: 0,
      stdout: [],
      stderr: [],
      changed: ['config_version'],
    },
    {
      title: 'configreload with the database down exits 0, and the version is new (C4)',
      given: 'systemctl stop packetfence-proxysql packetfence-haproxy-db; echo 1 >$PF/var/conf/config_version',
      run: 'pfcmd configreload',
      code: 0,
      stderr: [/Could not write namespace \S+ to L2 cache !/],
      changed: ['config_version'],
      after: 'systemctl start packetfence-haproxy-db packetfence-proxysql',
    },
    {
      title: 'configreload with packetfence-config down exits 111 (C3)',
      given: 'config_down',
      run: 'pfcmd configreload',
      code: 111,
      stderr: [/cannot connect to the server Connection refused/],
      after: 'config_up',
    },
    {
      title: 'configreload refuses a garbage line, and the old configuration stays in force (C22)',
      given: `keep ${CONF}; echo garbage >>${CONF}`,
      run: 'pfcmd configreload; code=$?; node >/dev/null || exit 1; exit $code',
      code: 255,
      stderr: [/cannot create a tied pf::IniFiles/],
      after: `put_back ${CONF}`,
    },
    // generatemariadbconfig
    {
      title: 'generatemariadbconfig writes mariadb.conf, silently, world-readable (1.6, H27)',
      given: 'rm -f $PF/var/conf/mariadb.conf',
      run: 'pfcmd generatemariadbconfig',
      code: 0,
      stdout: [],
      stderr: [],
      changed: ['mariadb.conf'],
    },
    {
      title: 'generatemariadbconfig lists the members backwards and binds the own address (3.2, C27)',
      run: `pfcmd generatemariadbconfig; grep -E 'bind-address|gcomm|innodb_flush|^log_bin|gtid_mode|sst_method|^socket' $PF/var/conf/mariadb.conf
            echo "reverse: $(for host in $HOSTS; do echo "$(ip_of $host)"; done | tac | paste -sd,)"; echo "own: $(ip_of "$HOST")"; stat -c %U:%G:%a $PF/var/conf/mariadb.conf`,
      code: 0,
      stdout: [
        /gcomm:\/\/(\S+)"\n[\s\S]*^reverse: \1$/m,
        /^bind-address=(\S+)\n[\s\S]*^own: \1$/m,
        /^innodb_flush_log_at_trx_commit ?= ?2$/m,
        /^log_bin=mariadb-bin$/m,
        /^wsrep_gtid_mode=ON$/m,
        /^wsrep_sst_method ?= ?mariabackup$/m,
        /^socket\s*= \/var\/lib\/mysql\/mysql\.sock$/m,
        /^root:\S+:644$/m,
      ],
    },
    {
      title: 'generatemariadbconfig drops Galera when every peer is disabled (1.4)',
      given: 'keep $PF/var/conf/mariadb.conf; for peer in $PEERS; do node $peer disable; done',
      run: 'pfcmd generatemariadbconfig; grep -c wsrep $PF/var/conf/mariadb.conf',
      code: 1,
      stdout: [/^0$/m],
      changed: ['mariadb.conf'],
      after: 'for peer in $PEERS; do node $peer enable; done; put_back $PF/var/conf/mariadb.conf',
    },
    {
      title: 'generatemariadbconfig with packetfence-config down exits 0 and leaves the old file (C2)',
      given: 'config_down',
      run: 'pfcmd generatemariadbconfig 2>/dev/null',
      code: 0,
      stdout: [/module pf::cmd::pf::generatemariadbconfig cannot be loaded/],
      after: 'config_up',
    },
    // fixpermissions, pfcron
    { title: 'fixpermissions says so (1.6)', run: 'pfcmd fixpermissions', code: 0, stdout: [/^Fixed permissions\.$/m] },
    {
      title: 'fixpermissions refuses a file that is not there (1.6)',
      run: 'pfcmd fixpermissions file /usr/local/pf/conf/nothing',
      code: 1,
      stderr: [/File \/usr\/local\/pf\/conf\/nothing doesn't exist/],
    },
    {
      title: 'cluster_check by hand runs on any node (C14)',
      run: 'pfcmd pfcron cluster_check',
      code: 0,
      stdout: [/^task cluster_check finished$/m],
    },
    {
      title: 'pfcron knows no such task (1.6)',
      run: 'pfcmd pfcron nothing',
      code: 0,
      stderr: [/nothing is not a valid task/],
    },
  ],
};
