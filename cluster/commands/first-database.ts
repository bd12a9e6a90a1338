/** The first server's database, before there is a cluster. Guide 3.2; its traps: reference/packetfence.md 3.2 and 5. */
import type { Dialect } from '../dialect.js';
import type { Login } from '../logins.js';
import type { Change, NodeName } from '../words.js';
import { quote } from './quote.js';
import {
  isEnabledAs,
  lines,
  mariadbUnit,
  noFlagInWords,
  noNewClusterFlag,
  sql,
  suspendTimers,
  tellServer,
  tellUnit,
  untilOk,
} from './shell.js';

/** A fresh database is small; a crash recovery before it may take minutes. */
const startLimit = 600; // seconds

/** The package's own cluster.conf has a [CLUSTER] section, and names no server. */
const namesNoServer =
  "! grep -sE '^[[:blank:]]*\\[' /usr/local/pf/conf/cluster.conf | grep -qvE '\\[[[:blank:]]*(CLUSTER|general)[[:blank:]]*\\]'";

const alone = '[ "$(sql \'select @@wsrep_on\')" = 0 ]';

/** With cluster.conf empty the unit starts a server without Galera. */
export function startAlone(node: NodeName, dialect: Dialect): Change {
  const unit = mariadbUnit(dialect);
  return {
    verb: 'startAlone',
    node,
    title: `Start MariaDB on ${node}, alone`,
    requires: `${noNewClusterFlag} && ${namesNoServer}`,
    script: lines(
      sql,
      untilOk,
      suspendTimers(unit),
      `systemctl unmask ${unit}`,
      `systemctl reset-failed ${unit} 2>/dev/null || :`,
      `systemctl start --no-block ${unit}`,
      `until_ok ${startLimit} ${quote(alone)} || { journalctl -u ${unit} -n 20 --no-pager -o cat; exit 1; }`,
    ),
    wanted: lines(sql, `${alone} && ! ${isEnabledAs(unit, 'masked')}`),
    tells: {
      wanted: 'a server that answers, without Galera, and its unit not masked',
      requires: `${noFlagInWords}; a cluster.conf that names no server`,
      seen: lines(
        sql,
        tellUnit(unit),
        tellServer,
        `if ${namesNoServer}; then echo 'cluster.conf names no server'; else echo 'cluster.conf names servers'; fi`,
        `echo "wsrep_on is $(sql 'select @@wsrep_on' || :)" | sed 's/ $/ not told/'`,
      ),
    },
    repeatable: true,
  };
}

/**
 * Statements over stdin: an argument would be seen. $MYSQL_PWD is what access.ini names as root's password, as for every
 * change; before root has it, it has none. quoted TEXT: as it stands between two quotes of SQL.
 */
const tell = String.raw`client=$(command -v mariadb || command -v mysql); root=$MYSQL_PWD
tell() { timeout 60 "$client" --connect-timeout=3 -NB; }
quoted() { printf %s "$1" | sed "s/\\\\/\\\\\\\\/g; s/'/''/g"; }
as_root() { MYSQL_PWD=$root; echo 'SELECT 1;' | tell >/dev/null 2>&1 || MYSQL_PWD=; }
has_password() { # USER HOST PASSWORD
  hash=$(echo "SELECT PASSWORD('$(quoted "$3")');" | tell) && [ -n "$hash" ] || return 1
  case $(echo "SHOW GRANTS FOR '$(quoted "$1")'@'$2';" | tell) in *"$hash"*) ;; *) return 1 ;; esac # by no program: its arguments would show it
}
as_root`;

/** Accounts without a name, and root from elsewhere. */
const loose = "user = '' OR (user = 'root' AND host NOT IN ('localhost', '127.0.0.1', '::1'))";

/** What mysql_secure_installation does, in SQL. */
export function secureDatabase(node: NodeName): Change {
  return {
    verb: 'secureDatabase',
    node,
    title: `Secure the database of ${node}, as mysql_secure_installation does`,
    requires: '[ -n "$MYSQL_PWD" ]',
    script: lines(
      'set -e',
      tell,
      `tell <<SQL
SET PASSWORD FOR 'root'@'localhost' = PASSWORD('$(quoted "$root")');
SQL`,
      'as_root',
      `echo "SELECT CONCAT('DROP USER ', QUOTE(user), '@', QUOTE(host), ';') FROM mysql.user WHERE ${loose};" | tell | tell`,
      String.raw`tell <<'SQL'
DROP DATABASE IF EXISTS test;
DELETE FROM mysql.db WHERE Db = 'test' OR Db = 'test\_%';
FLUSH PRIVILEGES;
SQL`,
    ),
    wanted: lines(
      tell,
      String.raw`[ "$(tell <<'SQL'
SELECT (SELECT COUNT(*) FROM mysql.user WHERE ${loose})
     + (SELECT COUNT(*) FROM mysql.db WHERE Db = 'test' OR Db = 'test\_%')
     + (SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'test');
SQL
)" = 0 ] && has_password root localhost "$root"`,
    ),
    tells: {
      wanted:
        'root with the password that access.ini names; no account without a name, no root from elsewhere, no test database',
      requires: 'a password for root in access.ini, [mysql] password',
      seen: lines(tell, `echo "SELECT CONCAT(QUOTE(user), '@', host) FROM mysql.user;" | tell 2>&1 || :`),
    },
    repeatable: true,
  };
}

const privileges = ['PROCESS', 'RELOAD', 'LOCK TABLES', 'SUPER']; // REPLICATION CLIENT is called otherwise from MariaDB 10.5 on

/** The guide's grants. The others receive the user with their copy. */
export function addReplicationUser(node: NodeName, { user, password }: Login): Change {
  const begin = lines(tell, `user=${quote(user)}`);
  return {
    verb: 'addReplicationUser',
    node,
    title: `Create the user for the replication on ${node}: ${user}`,
    given: { user },
    secrets: { PF_REPLICATION_PASSWORD: password },
    script: lines(
      'set -e',
      begin,
      'u=$(quoted "$user"); p=$(quoted "$PF_REPLICATION_PASSWORD")',
      `for host in % localhost; do
  tell <<SQL
CREATE USER IF NOT EXISTS '$u'@'$host' IDENTIFIED BY '$p';
SET PASSWORD FOR '$u'@'$host' = PASSWORD('$p');
GRANT PROCESS, RELOAD, LOCK TABLES, REPLICATION CLIENT, SUPER ON *.* TO '$u'@'$host';
SQL
done
echo 'FLUSH PRIVILEGES;' | tell`,
    ),
    wanted: lines(
      begin,
      'for host in % localhost; do',
      '  has_password "$user" "$host" "$PF_REPLICATION_PASSWORD" || exit 1',
      `  [ "$(tell <<SQL
SELECT COUNT(*) FROM information_schema.user_privileges
WHERE grantee = CONCAT(QUOTE('$(quoted "$user")'), '@', QUOTE('$host')) AND privilege_type IN (${privileges.map((name) => `'${name}'`).join(', ')});
SQL
)" = ${privileges.length} ] || exit 1`,
      'done',
      // A real login, by the socket, as the programs of a full copy do.
      `echo 'SELECT 1;' | MYSQL_PWD=$PF_REPLICATION_PASSWORD "$client" --connect-timeout=3 -u "$user" -NB >/dev/null 2>&1`,
    ),
    tells: {
      wanted: `${user} from everywhere and from localhost, with the guide's grants and the password that access.ini names`,
      seen: lines(
        begin,
        `for host in % localhost; do echo "SHOW GRANTS FOR '$(quoted "$user")'@'$host';" | tell 2>&1 | sed 's/ IDENTIFIED.*//'; done`,
      ),
    },
    repeatable: true,
  };
}

const begun = '/var/lib/pfrunbook/set-up-begun';

/** From here on what stands there is of a set-up that is not over: a later run of it may go on. */
export function noteSetUp(node: NodeName, over: boolean): Change {
  return {
    verb: 'noteSetUp',
    node,
    title: over ? `Note on ${node} that the cluster is set up` : `Note on ${node} that its cluster is being set up`,
    given: { over: String(over) },
    script: over ? `rm -f ${begun}; sync /var/lib/pfrunbook` : `: >${begun}; sync ${begun} /var/lib/pfrunbook`,
    wanted: over ? `[ ! -e ${begun} ]` : `[ -e ${begun} ]`,
    tells: { wanted: over ? `no ${begun}` : begun, seen: `ls ${begun} 2>&1 || :` },
    repeatable: true,
  };
}
