/** What PacketFence is configured with on a node, what its own checkup says, and what a data directory holds. */
import type { CheckupSeen } from '../../cluster/checkup.js';
import { syncedList } from '../../cluster/commands/folders.js';
import { quote } from '../../cluster/commands/quote.js';
import { findData } from '../../cluster/commands/shell.js';
import type { ConfigurationSeen } from '../../cluster/configuration.js';
import { knownConfs } from '../../cluster/dialect.js';
import type { DataSeen } from '../../cluster/joining.js';
import { Unreachable } from '../errors.js';
import type { Remote } from '../ssh/pool.js';
import { Lines } from './lines.js';

const words = `say() { printf '%s\\t%s\\n' "$1" "$2"; }
file() { [ ! -e "$2" ] || say "$1" "$(base64 -w0 <"$2")"; }`;

/** What is not told must not be taken for what is not there: a schema would be set aside without a question. */
function whole({ node }: Pick<Remote, 'node'>, stdout: string): Lines {
  const said = new Lines(stdout);
  if (!said.has('end')) throw new Unreachable(node, 'the look was cut off before its end', 'Look again.');
  return said;
}

/** The files that a run has taken over on this node; empty: none. */
export async function readTakenOver(remote: Remote, run: string): Promise<readonly string[]> {
  const { stdout } = await remote.sh(`sed -n 's/^[0-9a-f]*  //p' ${quote(syncedList(run))} 2>/dev/null`);
  return stdout.split('\n').filter(Boolean);
}

export async function readConfiguration(
  remote: Remote,
  configVersion: string,
  paths: readonly string[],
): Promise<ConfigurationSeen> {
  const { stdout } = await remote.sh(`${words}
say version "$(cat ${quote(configVersion)} 2>/dev/null)"
file clusterConf /usr/local/pf/conf/cluster.conf
file extraFiles /usr/local/pf/conf/cluster-files.txt
for f in ${paths.map(quote).join(' ')}; do sum=$(sha256sum <"$f" 2>/dev/null) && say file "\${sum%% *} $f"; done
say end end`);
  const said = whole(remote, stdout);
  return {
    node: remote.node,
    version: said.one('version'),
    clusterConf: said.file('clusterConf') ?? '',
    extraFiles: said.file('extraFiles') ?? '',
    files: Object.fromEntries(said.all('file').map((row) => [row.slice(65), row.slice(0, 64)])),
  };
}

export async function readCheckup(remote: Remote): Promise<CheckupSeen> {
  const { code, stdout } = await remote.sh('timeout 150 /usr/local/pf/bin/pfcmd checkup 2>&1', { deadline: 170_000 });
  return { node: remote.node, code, lines: stdout.split('\n').filter((line) => line.trim() !== '') };
}

/** By its files, because a held server answers nothing. Views count as tables. */
export async function readData(remote: Remote): Promise<DataSeen> {
  const { stdout } = await remote.sh(`${words}
for conf in ${knownConfs.map(quote).join(' ')}; do [ ! -e "$conf" ] || break; done
${findData}
find_data
say datadir "$data"
say bytes "$(du -s --block-size=1 "$data" 2>/dev/null | cut -f1)"
for d in "$data"/*/; do
  name=$(basename "$d")
  case $name in mysql|sys|performance_schema|information_schema) continue ;; esac
  n=$(ls "$d" 2>/dev/null | grep -c '\\.frm$')
  [ "$n" = 0 ] || say schema "$n $(du -s --block-size=1 "$d" | cut -f1) $(stat -c %Y "$d"* | sort -n | tail -n 1) $name"
done
say end end`);
  const said = whole(remote, stdout);
  return {
    node: remote.node,
    datadir: said.one('datadir'),
    bytes: said.number('bytes'),
    schemas: said.all('schema').map((row) => {
      const [tables = '', bytes = '', at = '', ...name] = row.split(' ');
      return { name: name.join(' '), tables: Number(tables), bytes: Number(bytes), writtenAt: Number(at) * 1000 };
    }),
  };
}
