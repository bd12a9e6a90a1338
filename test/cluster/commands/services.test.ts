/** Every service that goes by the networks starts anew, though the base target keeps what is its own: asked of a real shell, with a systemctl of ours. */
import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import { restartServices } from '../../../cluster/commands/services.js';
import { dialectFor } from '../../../cluster/dialect.js';

/** As packetfence.md 4.1 says of 7: haproxy is part of the base target. */
const systemctl = `up=' packetfence-haproxy packetfence-keepalived packetfence-httpd.webservices '
drop() { up=$(printf %s "$up" | sed "s/ $1 / /"); }
systemctl() {
  verb=$1; shift; [ "$1" != -q ] && [ "$1" != --no-block ] || shift
  case $verb in
    isolate) drop packetfence-keepalived; drop packetfence-httpd.webservices ;;
    stop) for unit; do drop $unit; done ;;
    start) for unit; do case $up in *" $unit "*) ;; *) echo $unit; up="$up$unit " ;; esac; done ;;
    is-active) case $up in *" $1 "*) ;; *) return 3 ;; esac ;;
  esac
}`;

test('the proxy of 7.4, which the base target keeps, is started anew with the others', () => {
  const dialect = dialectFor('7.4', 'debian');
  if (!dialect) throw new Error('7.4 is not in the table');
  const { stdout } = execaSync('sh', ['-c', `${systemctl}\n${restartServices('pf1', dialect).script}`]);
  expect(stdout.split('\n').toSorted()).toEqual([
    'packetfence-cluster.target',
    'packetfence-haproxy',
    'packetfence-httpd.webservices',
    'packetfence-keepalived',
  ]);
});
