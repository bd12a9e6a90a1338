import { expect, test } from 'vitest';
import { isIp, lastOf, liesIn, networkOf, overlap, prefixOf } from '../../cluster/ipv4.js';

test('addresses, masks and networks', () => {
  expect(['192.0.2.1', '10.78.0.999', '192.0.2', '192.0.2.01', ''].filter(isIp)).toEqual(['192.0.2.1']);
  expect([prefixOf('255.255.255.192'), prefixOf('0.0.0.0'), prefixOf('255.0.255.0'), prefixOf('')]).toEqual([
    ...[26, 0, undefined, undefined],
  ]);
  expect(networkOf('198.51.100.77', 26)).toBe('198.51.100.64/26');
  expect(lastOf('198.51.100.64/26')).toBe('198.51.100.127');
  expect(liesIn('198.51.100.127', '198.51.100.64/26')).toBe(true);
  expect(liesIn('198.51.100.128', '198.51.100.64/26')).toBe(false);
  expect(liesIn('fe80::1', '0.0.0.0/0')).toBe(false);
  expect(overlap('198.51.100.0/24', '198.51.100.64/26')).toBe(true);
  expect(overlap('198.51.100.0/26', '198.51.100.64/26')).toBe(false);
});
