/** The lab's own cluster.conf, flat or with zones (guide 3.4.2, 7.2): what a formed lab's nodes hold, and what a blank one is set up with. */
import { address, address2, isZoned, type Lab, vip, vip2 } from './lab.js';

export const INTERFACES = ['eth0', 'eth1'] as const;

export function clusterConf(lab: Pick<Lab, 'slot' | 'zones'>): string {
  const sections = lab.zones.flatMap(({ name, nodes }, zone) => {
    const before = name === '' ? '' : `${name} `;
    return [
      member(`${before}CLUSTER`, [vip(lab, zone), vip2(lab, zone)]),
      ...nodes.map((node) => member(`${before}${node}`, [address(lab, node), address2(lab, node)])),
    ];
  });
  return `${isZoned(lab) ? '[general]\nmulti_zone=enabled\n\n' : ''}${sections.join('\n')}`;
}

function member(name: string, addresses: readonly [string, string]): string {
  const interfaces = INTERFACES.map((one, at) => `[${name} interface ${one}]\nip=${addresses[at]}\n`);
  return [`[${name}]\nmanagement_ip=${addresses[0]}\n`, ...interfaces].join('\n');
}
