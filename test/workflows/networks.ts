/** Our files of a flat cluster of three that serves one network of its own, and one behind a router. */
import { ModelCluster } from '../../model/cluster.js';

const names = ['pf1', 'pf2', 'pf3'];
const server = (name: string, i: number) =>
  `[${name}]\nmanagement_ip=192.0.2.${11 + i}\n[${name} interface eth0]\nip=192.0.2.${11 + i}\n[${name} interface eth1]\nip=198.51.100.${11 + i}\n`;
const network = (name: string, more: string) =>
  `[${name}]\nnetmask=255.255.255.0\ntype=vlan-registration\ndhcpd=enabled\nnamed=enabled\n${more}\n`;

export const ourFiles = {
  clusterConf: `[CLUSTER]
management_ip=192.0.2.10
[CLUSTER interface eth0]
ip=192.0.2.10
[CLUSTER interface eth1]
ip=198.51.100.10
${names.map(server).join('')}
${network('CLUSTER network 198.51.100.0', 'gateway=198.51.100.10\ndns=198.51.100.10\ndhcp_start=198.51.100.100\ndhcp_end=198.51.100.200')}
[CLUSTER network 203.0.113.0]
next_hop=198.51.100.1
dns=198.51.100.10
`,
  networksConf: network('203.0.113.0', 'gateway=203.0.113.1\ndhcp_start=203.0.113.20\ndhcp_end=203.0.113.250'),
};

export function withNetworks(files = ourFiles): ModelCluster {
  const model = new ModelCluster(names);
  model.ourFiles = files;
  return model;
}
