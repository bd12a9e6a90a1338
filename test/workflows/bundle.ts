/** Everything the tests' workers can run. */
export * from '../../workflows/index.js';
export * from './runbooks.js';
