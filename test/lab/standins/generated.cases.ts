import type { Table } from './case.js';

export const generated: Table = {
  program: 'keepalived and haproxy-db',
  cases: [
    {
      title: "VRID 50, and a priority of 100 less the node's place in cluster.conf (4.2)",
      run: `echo "priority: $((101 - $(echo "$HOSTS" | grep -nx "$HOST" | cut -d: -f1)))"; cat $PF/var/conf/keepalived.conf`,
      code: 0,
      stdout: [
        /^priority: (\d+)\n[\s\S]*virtual_router_id 50\n\s*advert_int \d+\n\s*priority \1\n/m,
        /auth_pass \S{1,8}$/m,
      ],
    },
    {
      title: 'every VIP of cluster.conf is served (4.2)',
      run: `for vip in $(sed -n '/^\\[CLUSTER interface/,/^\\[/s/^ip=//p' $PF/conf/cluster.conf); do grep -qF "$vip dev " $PF/var/conf/keepalived.conf || exit 1; done`,
      code: 0,
    },
    {
      title: 'all SQL goes to the last server of cluster.conf, the others are its backup (D7)',
      run: `grep -E '^ *server ' $PF/var/conf/haproxy-db.conf; echo "last: $(ip_of "$LAST")"`,
      code: 0,
      stdout: [/^ *server MySQL0 (\S+):3306 check\n( *server \S+ \S+:3306 check backup\n){2,}last: \1$/m],
    },
    {
      title: 'every node listens on the VIP, whoever holds it (4.2)',
      run: `ss -Hltn | grep -F "$VIP:3306"`,
      code: 0,
    },
    {
      title: 'the VIP answers SQL (4.2)',
      run: `MYSQL_PWD=$(value $PF/conf/pf.conf database pass) mariadb --no-defaults -h "$VIP" -u "$(value $PF/conf/pf.conf database user)" -NBe 'SELECT @@hostname'`,
      code: 0,
      stdout: [/^\S+\n$/],
    },
  ],
};
