/**
 * Whether the machine that would repair a cluster hangs on it: PacketFence decides over switch ports, and serves the
 * networks of those that it does not know. Whoever stands in one loses the way to the nodes with the cluster.
 */
import { list } from '../finding.js';
import { liesIn } from '../ipv4.js';
import { type Check, hinders, note, orFine } from './check.js';
import type { Examined } from './doctor.js';

const about = 'this machine';
const elsewhere =
  'Operate from a machine on the management network whose port PacketFence does not control, or keep a console at hand.';

export function ownPort({
  machine: { interfaces, gateways },
  kits,
  vips,
  addresses,
  heldPorts,
}: Pick<Examined, 'machine' | 'kits' | 'vips' | 'addresses' | 'heldPorts'>): readonly Check[] {
  const served = new Map(
    kits.flatMap((kit) => (kit.reachable ? kit.networks : [])).map(({ network, kind }) => [network, kind]),
  );
  const itself = interfaces.flatMap(({ address }) => addresses.get(address) ?? []);
  const inside = interfaces.flatMap(({ name, address }) =>
    [...served]
      .filter(([network]) => liesIn(address, network))
      .map(([network, kind]) =>
        hinders(about, `Its ${name} lies in ${network}, which the cluster serves (${kind}).`, elsewhere),
      ),
  );
  const bad = [
    ...(itself.length > 0
      ? [note(about, `It is ${list(itself)}: a recovery from here ends where this node does.`, elsewhere)]
      : inside), // a node stands in them by its nature
    ...gateways
      .filter((gateway) => vips.includes(gateway) || addresses.has(gateway))
      .map((gateway) =>
        hinders(
          about,
          `Its default gateway, ${gateway}, is ${addresses.get(gateway) ?? 'a virtual address of the cluster'}, and goes away with it.`,
          elsewhere,
        ),
      ),
    ...(heldPorts ?? []).map(({ mac, switch: on, port, role }) =>
      hinders(
        about,
        `PacketFence controls its port: ${mac} is on ${on || 'a switch'}, port ${port || 'unknown'}${role && `, role ${role}`}.`,
        elsewhere,
      ),
    ),
    ...(heldPorts ? [] : [note(about, 'Whether PacketFence controls its port is not known: no node’s database told.')]),
  ];
  return orFine(bad, about, 'Its port, its network and its way out do not hang on the cluster.');
}
