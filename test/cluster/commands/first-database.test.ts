/** The first database's users, asked of a real shell, with a client of ours that answers as MariaDB does. */
import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import { addReplicationUser } from '../../../cluster/commands/first-database.js';

const hash = '*6C387FC3893DBA1E3BA155E74754DA6682D04747';
/** `grants`: as SHOW GRANTS ends. Whatever a program is called with stands in the output. */
const programs = (grants: string) => `
client() { said=$(cat); case $said in
  *'SELECT PASSWORD'*) echo '${hash}' ;;
  *'SHOW GRANTS'*) echo "GRANT PROCESS ON *.* TO x@y IDENTIFIED BY PASSWORD '${grants}'" ;;
  *'SELECT COUNT'*) echo 4 ;;
  *) echo 1 ;;
esac; }
command() { echo client; }
timeout() { shift; shift; client "$@"; }
grep() { echo "grep $*" >&2; env grep "$@"; }
sed() { echo "sed $*" >&2; env sed "$@"; }
client=client; MYSQL_PWD=root-secret; PF_REPLICATION_PASSWORD=s3cret`;
const asked = (grants: string) => {
  const { wanted } = addReplicationUser('pf1', { user: 'pfcluster', password: 'env:X' });
  return execaSync('sh', ['-c', `${programs(grants)}\nset -e\n${wanted}`], { reject: false });
};

test('has the password that access.ini names, and no argument shows it or its hash', () => {
  const { exitCode, stderr } = asked(hash);
  expect([exitCode, asked('*ANOTHER').exitCode]).toEqual([0, 1]);
  expect(stderr).toContain('sed '); // what is called with arguments is seen here
  expect(stderr).not.toMatch(/6C387|s3cret|root-secret/);
});
