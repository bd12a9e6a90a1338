/** Two clusters in order, without masks: a flat one, and one with two zones. */
export const flat = `[CLUSTER]
management_ip=192.0.2.10

[CLUSTER interface eth0]
ip=192.0.2.10

[CLUSTER interface eth1]
ip=198.51.100.10

${[1, 2, 3].map((n) => `[pf${n}]\nmanagement_ip=192.0.2.1${n}\n\n[pf${n} interface eth0]\nip=192.0.2.1${n}\n\n[pf${n} interface eth1]\nip=198.51.100.1${n}\n`).join('\n')}`;

export const zones = `[general]
multi_zone=enabled
${['DC1', 'DC2']
  .map(
    (zone, z) => `
[${zone} CLUSTER]
management_ip=192.0.2.${z}0

[${zone} CLUSTER interface eth0]
ip=192.0.2.${z}0
${Array.from(
  { length: 3 - z },
  (_, n) => `
[${zone} pf${n}-${zone.toLowerCase()}.example.com]
management_ip=192.0.2.${z}${n + 1}

[${zone} pf${n}-${zone.toLowerCase()}.example.com interface eth0]
ip=192.0.2.${z}${n + 1}
`,
).join('')}`,
  )
  .join('')}`
  .replaceAll('192.0.2.0', '192.0.2.20')
  .replace(/192\.0\.2\.20(\d)/g, '192.0.2.2$1');
