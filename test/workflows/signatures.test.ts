/** Who may decide, proven by real signatures. */
import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { verifySignature } from '../../activities/signature.js';
import type { Approval, Signable } from '../../cluster/approval.js';
import { ModelCluster } from '../../model/cluster.js';
import { type Decision, messages, type Progress } from '../../workflows/messages.js';
import { reportToMarkdown } from '../../workflows/report.js';
import { people } from '../worker/fixtures/signers.js';
import { allActivities, approves, decides, run, type Scene, seen } from './drive.js';

const cluster = () => new ModelCluster(['pf1', 'pf2', 'pf3']).powerCut({ torn: ['pf2'] });
const progressOf = (handle: WorkflowHandle) => handle.query<Progress>(messages.progress);

describe.concurrent('where answers must be signed', async () => {
  const { allowedSigners, signers, sign } = await people(['anna', 'boris', 'carl'], ['mallory'], { boss: 'boris' });
  const signed: Partial<Approval> = { policy: 'signed', approvers: [], signers };

  const practice = (approval: Partial<Approval>, scene: Scene) => {
    const model = cluster();
    const activities = {
      ...allActivities(model),
      verifySignature: ({ signed: what, signature }: { signed: Signable; signature: string }) =>
        verifySignature(allowedSigners, what, signature),
    };
    return run('practice', model, {
      activities,
      args: { keep: 'pf2' },
      approval: { ...signed, ...approval },
      ...scene,
    });
  };
  const signable = async (handle: WorkflowHandle, choice: string, by: string): Promise<Signable> => {
    const { run: name, question } = await progressOf(handle);
    return { run: name, token: question?.token ?? '', evidence: question?.evidence.hash ?? '', choice, by };
  };
  const send = (handle: WorkflowHandle, { token, choice, by }: Signable, signature?: string) =>
    handle.signal('decide', { token, choice, by, ...(signature && { signature }) } satisfies Decision);
  const heard = (handle: WorkflowHandle, count: number) =>
    seen(`${count} answers not counted`, async () => (await progressOf(handle)).notCounted.length === count);

  test('a name, another’s key, and a signature for anything else count for nothing, and are told as rejected', async () => {
    let details = '';
    const { report } = await practice(
      {},
      {
        desk: async (token, handle) => {
          const right = await signable(handle, 'pf2', 'anna');
          await handle.signal('approve', `${token} anna`);
          await send(handle, { ...right, by: 'superuser' }, await sign('mallory', { ...right, by: 'superuser' }));
          await send(handle, right);
          await send(handle, right, 'not a signature');
          const others: readonly Partial<Signable>[] = [
            { choice: 'pf1' },
            { token: 'keep-9-abcdef' },
            { run: 'hq/20261123-0312-7f3a' },
            { evidence: 'another' },
          ];
          for (const other of others) await send(handle, right, await sign('anna', { ...right, ...other }));
          await send(handle, right, await sign('boris', right));
          await send(handle, right, await sign('mallory', right));
          await send(handle, right, await sign('anna', right, 'git'));
          await heard(handle, 11);
          details = (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
          const over = handle.executeUpdate('decide', {
            args: [{ token, choice: 'pf1', by: 'anna', signature: await sign('anna', right) }],
          });
          await expect(over).rejects.toMatchObject({
            cause: { message: expect.stringContaining('is not one over this') },
          });
          await send(handle, right, await sign('anna', right));
        },
      },
    );
    const { notCounted } = report;
    const counted = (words: RegExp) => notCounted.filter((line) => words.test(line)).length;
    expect(notCounted[0]).toMatch(
      /^approve "keep-\S+" changed nothing: "keep-\S+" needs a signature: pfrunbook decide/,
    );
    expect(notCounted).toContain('decide by superuser: "superuser" may not sign: anna, boris, carl, boss may.');
    expect(counted(/^decide by anna: A name proves nobody here\./)).toBe(1);
    expect(counted(/^decide by anna: The signature is not one over this run, question, evidence, choice/)).toBe(7);
    expect(counted(/^decide by anna: allowed_signers does not let the ED25519 key SHA256:\S+ sign for "anna"/)).toBe(2);
    expect(notCounted).toHaveLength(12);
    expect(details).toContain('Needs the signature of 1 of anna, boris, carl, boss');
    expect(details).toMatch(/Not counted: decide by anna: (The signature is not one|allowed)/);
    expect(details).not.toContain('`approve` with');
    expect(report.decisions).toMatchObject([
      {
        by: 'anna',
        choice: 'pf2',
        verified: expect.stringMatching(/^by signature: anna with ED25519 key SHA256:/) as string,
      },
    ]);
    const told = reportToMarkdown(report);
    expect(told).toMatch(/\*\*pf2\*\* at `keep-1-\S+`, by anna, known by signature: anna with ED25519 key SHA256:/);
    expect(told).toContain('"superuser" may not sign');
    expect(JSON.stringify(report)).not.toContain('BEGIN SSH SIGNATURE');
  });

  test('two of three must choose the same, and who started the run is not one of them', async () => {
    const open: (string[] | undefined)[] = [];
    const { report } = await practice(
      { needed: 2, requesterMayApprove: false },
      {
        order: { by: 'anna' },
        worker: { maxCachedWorkflows: 0 }, // what was signed before is there again after every replay
        desk: async (_, handle) => {
          for (const [choice, by, whose] of [
            ['pf2', 'anna'],
            ['pf2', 'boris'],
            ['pf2', 'boss', 'boris'],
            ['pf3', 'carl'],
            ['pf2', 'boris'],
            ['pf2', 'carl'],
          ] as const satisfies readonly (readonly [string, string, string?])[]) {
            open.push((await progressOf(handle)).question?.signature?.signed.map((one) => `${one.by} ${one.choice}`));
            const what = await signable(handle, choice, by);
            const args: [Decision] = [{ token: what.token, choice, by, signature: await sign(whose ?? by, what) }];
            await handle.executeUpdate('decide', { args }).catch(() => undefined);
          }
        },
      },
    );
    expect(open).toEqual([[], [], ['boris pf2'], ['boris pf2'], ['boris pf2', 'carl pf3'], ['carl pf3', 'boris pf2']]);
    expect(report.decisions).toMatchObject([
      { choice: 'pf2', by: 'boris and carl', signatures: [{ by: 'boris' }, { by: 'carl', choice: 'pf2' }] },
    ]);
    expect(report.notCounted).toEqual([expect.stringMatching(/^decide by boss: That key has signed as "boris"/)]);
    expect(report.result?.kept).toBe('pf2');
  });

  test('what a refused lock offers needs a signature; a name is enough to try again', async () => {
    const model = cluster();
    const busy = { run: 'hq/open', owner: 'carla', host: 'laptop', epoch: 7, since: '2026-11-24T01:00:00Z' };
    const [one] = model.all;
    if (one) one.lock = { ...busy, held: true };
    let asked = 0;
    let details = '';
    const { report } = await run('skippable', model, {
      approval: signed,
      activities: {
        ...allActivities(model),
        verifySignature: ({ signed: what, signature }: { signed: Signable; signature: string }) =>
          verifySignature(allowedSigners, what, signature),
      },
      desk: async (token, handle, worker) => {
        if (asked++ === 0) {
          await send(handle, await signable(handle, 'take-over', 'anna'));
          await heard(handle, 1);
          details = (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
          return approves(token, handle, worker); // retry
        }
        const right = await signable(handle, 'take-over', 'anna');
        return send(handle, right, await sign('anna', right));
      },
    });
    expect(report.notCounted).toEqual([
      expect.stringMatching(/^decide by anna: A name proves nobody here\. "lock-1-\S+" needs a signature/),
    ]);
    expect(details).toMatch(/Needs the signature of 1 of anna.*approve.* means \*\*retry\*\*/s);
    expect(report.decisions).toMatchObject([
      { choice: 'retry', verified: 'by name only' },
      { choice: 'take-over', verified: expect.stringMatching(/^by signature: anna/) as string },
    ]);
    expect(report.phase).toBe('done');
  });

  test('to abort needs no signature, and a step that failed is answered by name', async () => {
    const { report } = await practice({}, { desk: decides('abort') });
    expect(report).toMatchObject({ phase: 'aborted', decisions: [{ choice: 'abort', verified: 'by name only' }] });
    const { report: asked } = await run('asking', cluster(), { approval: signed, desk: approves });
    expect(asked).toMatchObject({ phase: 'done', decisions: [{ by: 'anna', verified: 'by name only' }] });
  });
});
