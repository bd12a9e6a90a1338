import { describe, expect, test } from 'vitest';
import { dialectOf } from '../../cluster/running-version.js';
import { order } from './generate.js';
import { nodeSeen } from './nodes.js';

describe('the dialect', () => {
  const versions = (...all: string[]) =>
    dialectOf({ seen: order.map((node, i) => nodeSeen(node, { host: { version: all[i] ?? all[0] ?? '' } })) });

  test('is that of the one version on all reachable nodes', () => {
    expect(versions('14.0.0')).toMatchObject({
      dialect: { name: '14.0', proof: 'proved', units: { mariadb: 'packetfence-mariadb' } },
    });
    expect(versions('14.0.0').refusal).toBeUndefined();
  });

  test.each([
    [['14.0.0', '13.2.0'], /do not run one version: pf1 14.0.0 \(debian\), pf2 13.2.0/],
    [['15.0.0'], /15.0.0 on debian is not known/],
    [[''], /no PacketFence on debian is not known/],
  ])('is refused for %s', (all, words) => {
    expect(versions(...all).refusal).toMatch(words);
  });
});
