/**
 * For the whole test run: one Temporal server, the workflow bundles, and the product as it is installed. The bundle holds
 * the product's runbooks, those that only tests know, and the interceptor that shows activities' arguments to the replay tests.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { findTemporal } from '../worker/temporal/binary.js';
import { bundle } from '../worker/worker.js';
import { attributes } from '../workflows/messages.js';
import { build } from './built.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the Temporal server. */
    address: string;
    /** Path of the workflow bundle. */
    bundle: string;
    /** Path of the bundle of two small runs, for the command line and the supervisor. */
    smallBundle: string;
    /** Folder of the built package, with `dist/client/main.js`. */
    built: string;
  }
}

const here = (file: string): string => new URL(file, import.meta.url).pathname;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const path = await findTemporal();
  const searchAttributes = Object.values(attributes).map((name) =>
    defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
  );
  const folder = await mkdtemp(join(tmpdir(), 'pfrunbook-test-'));
  const written = async (name: string, made: Promise<{ code: string }>): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, (await made).code);
    return file;
  };
  const [env, whole, small] = await Promise.all([
    TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path },
        searchAttributes,
        log: { format: 'pretty', level: 'error' },
        // Without this the server looks at its timers once a second: each retry in a test costs 1 s.
        extraArgs: ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="10ms"'],
      },
    }),
    written(
      'workflows.js',
      bundleWorkflowCode({
        workflowsPath: here('./workflows/bundle.ts'),
        workflowInterceptorModules: [here('./workflows/arguments-interceptor.ts')],
        logger: new DefaultLogger('ERROR'),
      }),
    ),
    written('small.js', bundle(new URL('./worker/fixtures/workflows.ts', import.meta.url))),
  ]);
  const built = await build(whole);
  project.provide('address', env.address);
  project.provide('bundle', whole);
  project.provide('smallBundle', small);
  project.provide('built', built);
  return async () => {
    await env.teardown();
    for (const made of [folder, built]) await rm(made, { recursive: true });
  };
}
