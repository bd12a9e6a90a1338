import { expect, test } from 'vitest';
import { onItsOwnLine } from '../../cluster/finding.js';
import { wrap } from '../../cluster/text.js';

test('words are wrapped, and a command in their midst is left whole', () => {
  const command = "echo 'net.ipv4.ip_nonlocal_bind = 1' >/etc/sysctl.d/99-pfrunbook.conf && sysctl --system";
  expect(wrap(`pf3 lacks what it needs. On it, as root:${onItsOwnLine(command)} Nothing was touched.`, 30)).toEqual([
    'pf3 lacks what it needs. On',
    'it, as root:',
    `  ${command}`,
    'Nothing was touched.',
  ]);
});
