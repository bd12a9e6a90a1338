/** What the first server's files say of the cluster, beside cluster.conf: guide 3.4.1, 3.5.1, 3.5.4 and 3.6. The others take it over, but for what closes the configurator up to 9. */
import type { Dialect } from '../dialect.js';
import { type Login, replicationKeys, webservicesKeys } from '../logins.js';
import type { NodeName, Reversible } from '../words.js';
import { setKeys, writeFile } from './files.js';

const conf = '/usr/local/pf/conf';

/** `sharedKey`: reference to keepalived's. Written before any keepalived starts, none has to be restarted for it. */
export function nameTheCluster(
  node: NodeName,
  { databaseAt: { host, port }, configuratorOff }: Dialect,
  run: string,
  {
    replication,
    webservices,
    sharedKey,
  }: { readonly replication: Login; readonly webservices: Login; readonly sharedKey: string },
): readonly [Reversible, Reversible] {
  const database = (section: string) => [
    { section, key: 'host', value: host },
    ...(port === 3306 ? [] : [{ section, key: 'port', value: String(port) }]), // the default
  ];
  const off = { section: 'advanced', key: 'configurator', value: 'disabled' };
  return [
    setKeys(node, run, `${conf}/pf.conf`, [
      ...database('database'),
      ...replicationKeys(replication),
      ...webservicesKeys(webservices),
      { section: 'active_active', key: 'password', value: { secret: sharedKey } },
      ...(configuratorOff === 'pf.conf' ? [off] : []),
    ]),
    setKeys(node, run, `${conf}/pfconfig.conf`, database('mysql')),
  ];
}

/** Guide 3.5.4, on each server. `version`: "9.1.0". From 10.0 on pf.conf does it. */
export const closeConfigurator = (
  node: NodeName,
  { configuratorOff }: Dialect,
  run: string,
  version: string,
): readonly Reversible[] =>
  configuratorOff === 'currently-at' ? [writeFile(node, run, `${conf}/currently-at`, `PacketFence ${version}\n`)] : [];
