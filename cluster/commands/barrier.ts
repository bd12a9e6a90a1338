/**
 * The barrier: a survivor drops the Galera ports of a node that nobody could hold. If that node comes back by itself,
 * it finds no member to join, and none finds it. It lasts across reboots, until the node is held and judged.
 */
import type { NodeName, Reversible } from '../words.js';
import { quote } from './quote.js';
import { lines, tellUnit } from './shell.js';

const folder = '/var/lib/pfrunbook/barrier'; // one file per node kept out; its content is the address
const unit = 'pfrunbook-barrier.service';
const ports = '4444,4567,4568'; // full copy, group communication, IST

/** Builds our own nftables table from the folder: PacketFence rewrites the rest. Where nft is missing, a chain in iptables' raw table. */
const apply = `#!/bin/sh
# Written by pfrunbook: drops the Galera ports of each address in ${folder}/*.address. Removed by pfrunbook guards --restore.
a=$(cat ${folder}/*.address 2>/dev/null | paste -sd, -)
if command -v nft >/dev/null; then
  nft delete table ip pfrunbook 2>/dev/null
  [ -z "$a" ] || nft -f - <<RULES
table ip pfrunbook {
  chain in { type filter hook prerouting priority raw; policy accept; ip saddr { $a } tcp dport { ${ports} } drop; ip saddr { $a } udp dport 4567 drop; ip saddr { $a } tcp sport { ${ports} } drop; }
  chain out { type filter hook output priority raw; policy accept; ip daddr { $a } tcp dport { ${ports} } drop; ip daddr { $a } udp dport 4567 drop; }
}
RULES
else
  iptables -t raw -N pfrunbook 2>/dev/null || iptables -t raw -F pfrunbook
  for hook in PREROUTING OUTPUT; do iptables -t raw -C $hook -j pfrunbook 2>/dev/null || iptables -t raw -I $hook -j pfrunbook; done
  for one in $(echo "$a" | tr , ' '); do
    for side in "-s $one" "-d $one"; do
      iptables -t raw -A pfrunbook $side -p tcp -m multiport --ports ${ports} -j DROP && iptables -t raw -A pfrunbook $side -p udp --dport 4567 -j DROP || exit 1
    done
  done
fi`;

const service = `[Unit]
Description=Keeps nodes out of the Galera cluster until pfrunbook lets them in
Before=network-pre.target packetfence-mariadb.service
Wants=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh ${folder}/apply
[Install]
WantedBy=multi-user.target`;

const drops = (address: string): string =>
  `{ nft list table ip pfrunbook 2>/dev/null || iptables -t raw -S pfrunbook 2>/dev/null; } | grep -qwF ${quote(address)}`;

export function keepOut(node: NodeName, absent: NodeName, address: string): Reversible {
  const file = quote(`${folder}/${absent}.address`);
  const seen = lines(`if ${drops(address)}; then echo 'such a rule'; else echo 'no such rule'; fi`, tellUnit(unit));
  return {
    verb: 'keepOut',
    node,
    title: `Keep ${absent} out, on ${node}`,
    given: { absent, address },
    script: lines(
      'set -e',
      `mkdir -p ${folder}`,
      `cat >${folder}/apply <<'PFRUNBOOK'\n${apply}\nPFRUNBOOK`,
      `cat >/etc/systemd/system/${unit} <<'PFRUNBOOK'\n${service}\nPFRUNBOOK`,
      `echo ${quote(address)} >${file}`,
      `sync ${folder}/apply ${file} /etc/systemd/system/${unit} ${folder}`,
      'systemctl daemon-reload',
      `systemctl enable ${unit}`,
      `sh ${folder}/apply`,
      // Connections that stand already would not ask again: end them.
      `ss -K dst ${quote(address)} 2>/dev/null || :`,
    ),
    wanted: `[ -s ${file} ] && systemctl is-enabled -q ${unit} && ${drops(address)}`,
    tells: { wanted: `a rule that drops the Galera ports of ${address}, and ${unit} to raise it again at boot`, seen },
    repeatable: true,
    inverse: {
      verb: 'letIn',
      node,
      title: `Let ${absent} in again, on ${node}`,
      given: { absent, address },
      script: lines(
        `rm -f ${file}; sync ${folder}; sh ${folder}/apply`,
        // Whoever lets it in, it is owed no more.
        `rm -f /var/lib/pfrunbook/guards/*.keepOut-${quote(absent)}.${quote(node)}.sh`,
        `[ -n "$(ls ${folder}/*.address 2>/dev/null)" ] || { systemctl disable ${unit}; rm -f /etc/systemd/system/${unit}; systemctl daemon-reload; }`,
      ),
      wanted: `[ ! -e ${file} ] && ! { ${drops(address)}; }`,
      tells: { wanted: `no rule that drops the Galera ports of ${address}`, seen },
      repeatable: true,
    },
  };
}
