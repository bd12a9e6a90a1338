import { expect, test } from 'vitest';
import { ratio, spread } from '../../bench/results.js';

test('a spread names the middle and the tail, and keeps the order of the samples', () => {
  const samples = [30, 10, 20, 40, 1000];
  expect(spread(samples)).toEqual({ min: 10, median: 30, p95: 1000, max: 1000, samples });
});

test('p95 of a hundred is the ninety-fifth', () => {
  expect(spread(Array.from({ length: 100 }, (_, at) => 100 - at)).p95).toBe(95);
});

test('a ratio is one of medians', () => {
  expect(ratio(spread([3, 3, 90]), spread([2, 2, 2]))).toBe(1.5);
});
