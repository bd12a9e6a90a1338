/**
 * For the whole test run: one Temporal server and one workflow bundle. The bundle holds the product's runbooks, those
 * that only tests know, and the interceptor that shows activities' arguments to the replay tests.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { findTemporal } from '../worker/temporal/binary.js';
import { attributes } from '../workflows/messages.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the Temporal server. */
    address: string;
    /** Path of the workflow bundle. */
    bundle: string;
  }
}

const here = (file: string): string => new URL(file, import.meta.url).pathname;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const path = await findTemporal();
  const searchAttributes = Object.values(attributes).map((name) =>
    defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
  );
  const [env, { code }] = await Promise.all([
    TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path },
        searchAttributes,
        log: { format: 'pretty', level: 'error' },
        // Without this the server looks at its timers once a second: each retry in a test costs 1 s.
        extraArgs: ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="10ms"'],
      },
    }),
    bundleWorkflowCode({
      workflowsPath: here('./workflows/bundle.ts'),
      workflowInterceptorModules: [here('./workflows/arguments-interceptor.ts')],
      logger: new DefaultLogger('ERROR'),
    }),
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'pfrunbook-test-'));
  const bundle = join(folder, 'workflows.js');
  await writeFile(bundle, code);
  project.provide('address', env.address);
  project.provide('bundle', bundle);
  return async () => {
    await env.teardown();
    await rm(folder, { recursive: true });
  };
}
