import type { Table } from './case.js';

const FROM = 'sync --from="$(ip_of "$PEER")" --api-user="$API_USER"';

export const sync: Table = {
  program: 'cluster/sync',
  cases: [
    {
      title: 'without options says so and exits 0 (1.3)',
      run: 'sync',
      code: 0,
      stdout: [/^ERROR : You should either set --from or --as-master/],
      stderr: [],
    },
    {
      title: '--file=relative: exit 1, and the version is new already (C6)',
      given: 'echo 1 >$PF/var/conf/config_version',
      run: 'sync --as-master --file=relative',
      code: 1,
      stdout: [/^FATAL : File path has to be absolute\./],
      changed: ['config_version'],
    },
    {
      title: '--file of a file that is not there: exit 1, and the version is new already (C6)',
      given: 'echo 1 >$PF/var/conf/config_version',
      run: 'sync --as-master --file=/nothing',
      code: 1,
      stdout: [/^FATAL : File does not exist\./],
      changed: ['config_version'],
    },
    {
      title: '--as-master pushes every store, then every file, and the peers hold the version (1.3, C12)',
      given: 'echo 1 >$PF/var/conf/config_version',
      run: `sync --as-master
            for host in $PEERS; do curl -sk -u "$API_USER:$API_PASSWORD" -H 'Request: get_config_version' -H 'Content-Type: application/json-rpc' \\
              -d '{"jsonrpc":"2.0","id":1,"method":"get_config_version","params":[]}' "https://$(ip_of $host):9090/"; echo; done | grep -cF "$(cat $PF/var/conf/config_version)"`,
      code: 0,
      stdout: [
        /^INFO : Synching cluster with this node as the configuration master/,
        /^INFO : Synching storage : pf::ConfigStore::Pf /m,
        /^INFO : Synching file \S+ to cluster members [\s\S]*^INFO : Calling distant_download_configfile on \S+ $/m,
        /^[2-9]\n$/m,
      ],
      stderr: [],
      changed: ['config_version'],
    },
    {
      title: '--as-master skips a disabled peer silently (1.3)',
      given: 'node "$PEER" disable; echo 1 >$PF/var/conf/config_version',
      run: 'sync --as-master --file=$PF/conf/roles.conf | grep -c "on $PEER "',
      code: 1,
      stdout: [/^0\n$/],
      changed: ['config_version'],
      after: 'node "$PEER" enable',
    },
    {
      title: '--as-master with the own webservices down: every store fails on stderr, exit 0 (H2, 1.3)',
      given: 'systemctl stop packetfence-httpd.webservices; echo 1 >$PF/var/conf/config_version',
      run: 'sync --as-master --storage=pf::ConfigStore::Roles',
      code: 0,
      stderr: [/^ERROR !!! Failed to sync store : pf::ConfigStore::Roles \(/m],
      changed: ['config_version'],
      after: 'systemctl start packetfence-httpd.webservices',
    },
    {
      title: '--storage= pushes one store (C12)',
      run: 'sync --as-master --storage=pf::ConfigStore::Roles',
      code: 0,
      stderr: [],
    },
    {
      title: "--from brings everything, warning on stderr per file, and the master's version (1.3, C9)",
      given:
        'keep $PF/conf/roles.conf; echo "# of this node alone" >>$PF/conf/roles.conf; echo 1 >$PF/var/conf/config_version',
      run: `${FROM} --api-password="$API_PASSWORD"`,
      code: 0,
      stdout: [
        /^INFO : Synching this server from node /,
        /^INFO : Synching file : \/usr\/local\/pf\/conf\/roles\.conf $/m,
        /^(?![\s\S]*ERROR)/,
      ],
      stderr: [/^(chown: warning: '\.' should be ':': .?pf\.pf.?\n){40,}$/],
      changed: ['roles.conf', 'config_version'],
    },
    {
      title: '--from with a wrong password: a JSON error per file, exit 0, nothing written (1.3, H3)',
      run: `${FROM} --api-password=wrong`,
      code: 0,
      stdout: [/^ERROR : Failed to sync file : \S+ \. malformed JSON string, neither tag/m, /^ $/m],
    },
    {
      title: '--from names a file that the master lacks, and goes on (1.3)',
      given: 'echo $PF/conf/nothing >$PF/conf/cluster-files.txt',
      run: `${FROM} --api-password="$API_PASSWORD"`,
      code: 0,
      stdout: [
        /^ERROR : Failed to sync file : \/usr\/local\/pf\/conf\/nothing \. Config file \/usr\/local\/pf\/conf\/nothing doesn't exist at \S+api\.pm line 732\./m,
        /^INFO : Synching file : \/usr\/local\/pf\/conf\/roles\.conf $/m,
      ],
      after: 'rm $PF/conf/cluster-files.txt',
    },
    {
      title: '--from where nobody listens: code 7 per file, exit 0 (C10)',
      given: 'systemctl stop packetfence-httpd.webservices',
      run: 'sync --from="$(ip_of "$HOST")" --api-user=x --api-password=y',
      code: 0,
      stdout: [/An error occured while sending a JSONRPC request: 7 Couldn't connect/],
      after: 'systemctl start packetfence-httpd.webservices',
    },
    {
      title: '--from a name that does not resolve: code 6 (C10)',
      run: 'timeout 20 sync --from=nobody.invalid --api-user=x --api-password=y | head -n 3',
      code: 0,
      stdout: [/JSONRPC request: 6 Couldn't resolve host/],
    },
  ],
};
