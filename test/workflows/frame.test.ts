import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { ModelCluster } from '../../model/cluster.js';
import { messages, type Progress, type Step } from '../../workflows/messages.js';
import { type Activities, allActivities, approves, decides, run, type Scene, seen } from './drive.js';

const cluster = () => new ModelCluster(['pf1', 'pf2', 'pf3']).powerCut({ torn: ['pf2'] });
const progressOf = (handle: WorkflowHandle) => handle.query<Progress>(messages.progress);
const allSteps = (steps: readonly Step[]): Step[] => steps.flatMap((step) => [step, ...allSteps(step.steps)]);
const refusal = (error: Error) => (error.cause instanceof Error ? error.cause.message : error.message);
const practice = (scene: Scene = {}, model = cluster()) =>
  run('practice', model, { ...scene, args: { keep: 'pf2', ...scene.args } });

/** Changes of one verb on one node fail for good, up to a generation. */
function failing(model: ModelCluster, verb: string, node: string, until: number): Activities {
  const activities = allActivities(model);
  return {
    ...activities,
    change: async (orders) => {
      const hit = orders.some(
        ({ change, key }) => change.verb === verb && change.node === node && key.generation < until,
      );
      if (hit) throw ApplicationFailure.nonRetryable(`${node}: ${verb}: it burns`, 'Failed');
      return activities.change(orders);
    },
  };
}

describe.concurrent('a gate', () => {
  test('counts an approval once, one without its token not at all, and survives whatever is sent', async () => {
    const { report } = await practice({
      desk: async (token, handle) => {
        await handle.signal('approve');
        await handle.signal('approve', 'yes');
        await handle.signal('decide', 'nonsense');
        await handle.signal('decide', { token, choice: 'pf2' });
        await handle.signal('synced', { node: 'pf2' });
        await handle.signal('approve', `${token} anna`);
        await handle.signal('approve', `${token} anna`);
      },
    });
    expect(report.phase).toBe('done');
    expect(report.decisions).toMatchObject([{ by: 'anna', choice: 'pf2', at: expect.any(Number) as number }]);
    expect(report.notCounted).toHaveLength(5);
    expect(report.notCounted[1]).toMatch(/approve "yes" changed nothing: send "keep-\d+-[0-9a-f]{6} <your name>"/);
    expect(report.notCounted[2]).toMatch(/A decision is \{"token"/);
  });

  test('rejects with words: stale evidence, wrong choice, unknown approver', async () => {
    const said: string[] = [];
    const { report } = await practice({
      desk: async (token, handle) => {
        const wrong = [
          { token: 'keep-1-000000', choice: 'pf1', by: 'anna' },
          { token, choice: 'pf9', by: 'anna' },
          { token, choice: 'pf2', by: 'mallory' },
        ];
        for (const decision of wrong)
          await handle.executeUpdate('decide', { args: [decision] }).catch((error: Error) => said.push(refusal(error)));
        await decides('pf3')(token, handle, { down: async () => {}, up: async () => {} });
      },
    });
    expect(said).toEqual([
      expect.stringContaining('is not the open question'),
      expect.stringContaining('"pf9" is not a choice here: pf1, pf2, pf3, abort'),
      expect.stringContaining('"mallory" may not decide'),
    ]);
    expect(report.result?.kept).toBe('pf3');
  });

  test('without a go-on choice takes only a named one', async () => {
    const { report } = await run('asking', cluster(), {
      args: { goOn: false },
      desk: async (token, handle) => {
        await handle.signal('approve', `${token} anna`);
        await handle.signal('decide', { token, choice: 'yes', by: 'boris' });
      },
    });
    expect(report.decisions.map(({ by }) => by)).toEqual(['boris']);
    expect(report.notCounted).toEqual([expect.stringMatching(/"sure-\S+" needs a named choice: yes, abort/)]);
  });

  test('voids a decision when the verdict changed, and shows the difference', async () => {
    const model = cluster();
    let gates = 0;
    const { report } = await practice(
      {
        desk: async (token, handle) => {
          // Somebody touches a held node while the question is open.
          model.node('pf3').sealBroken = gates++ === 0 ? 'ibdata1 was written' : undefined;
          await handle.signal('approve', `${token} anna`);
        },
      },
      model,
    );
    const gate = report.steps.find(({ title }) => title.startsWith('Which node'));
    expect(gate?.said).toContain('void: now: pf3: ibdata1 was written');
    expect(gate?.steps.map(({ title }) => title)).toEqual(
      Array(gates + 1)
        .fill(['Look at the seals', 'Propose'])
        .flat(),
    );
    expect(report.decisions).toHaveLength(gates);
    expect(report.phase).toBe('done');
  });

  test('is answered by a signal sent while no worker is up', async () => {
    const { report } = await practice({
      worker: {},
      desk: async (token, handle, worker) => {
        await worker.down();
        await handle.signal('decide', { token, choice: 'pf2', by: 'boris' });
        await worker.up();
      },
    });
    expect(report).toMatchObject({ phase: 'done', decisions: [{ by: 'boris' }] });
  });

  test('that nobody answers ends the run while nothing is changed', async () => {
    const { report } = await run('asking', cluster(), { args: { expires: '200 ms' }, desk: async () => {} });
    expect(report).toMatchObject({
      phase: 'aborted',
      because: expect.stringMatching(/^nobody answered sure-1-[0-9a-f]{6} within 200 ms$/) as string,
    });
  });

  test('that nobody answers reminds and waits on once something is changed', async () => {
    const { report } = await run('asking', cluster(), {
      args: { expires: '200 ms', after: true },
      desk: async (token, handle) => {
        await seen('two reminders', async () => (await progressOf(handle)).notCounted.length > 1);
        await handle.signal('approve', `${token} anna`);
      },
    });
    expect(report.phase).toBe('done');
    expect(report.notCounted[0]).toMatch(/^Nobody has answered sure-1-[0-9a-f]{6} within 200 ms; it still waits\.$/);
  });

  test('shows in Temporal the question, the line and the token that answer it, and what abort takes back', async () => {
    let details = '';
    const { handle } = await practice({
      desk: async (token, open, worker) => {
        const meta = await open.query<{ currentDetails: string }>('__temporal_workflow_metadata');
        details = meta.currentDetails;
        await approves(token, open, worker);
      },
    });
    expect(details).toMatch(/pfrunbook decide hq\/\S+ \\\n +keep-1-[0-9a-f]{6} <pf1\|pf2\|pf3\|abort>/);
    expect(details).toMatch(/`approve` with `"keep-1-[0-9a-f]{6} <your name>"` means \*\*pf2\*\*/);
    expect(details).toContain('Abort now would: start monit on pf3');
    const { definition } = await handle.query<{ definition: Record<string, { name: string; description?: string }[]> }>(
      '__temporal_workflow_metadata',
    );
    const ours = Object.values(messages) as string[];
    const registered = ['signalDefinitions', 'queryDefinitions', 'updateDefinitions'].flatMap(
      (kind) => definition[kind] ?? [],
    );
    const undescribed = registered.filter(({ name, description }) => ours.includes(name) && !description);
    expect(registered.map(({ name }) => name)).toEqual(expect.arrayContaining(ours));
    expect(undescribed).toEqual([]);
  });

  test('is found in the memo where the server lacks our search attributes', async () => {
    const { report, handle } = await practice({
      order: { searchAttributes: false },
      meanwhile: async (open) => {
        let token: unknown;
        await seen('the token', async () => {
          token = (await open.describe()).memo?.PfWaitingFor;
          return typeof token === 'string';
        });
        await open.signal('approve', `${token} anna`);
      },
    });
    expect(report.phase).toBe('done');
    expect((await handle.describe()).memo).toMatchObject({ PfPhase: 'done' });
  });
});

describe.concurrent('abort', () => {
  const aborted = decides('abort');

  test('at a gate takes back what was done, newest first, and owes the guard whose condition does not hold', async () => {
    const model = cluster();
    const { report } = await practice({ desk: aborted }, model);
    expect(report.phase).toBe('aborted');
    expect(report.because).toMatch(/^anna chose abort at keep-/);
    expect(model.acts.slice(-6, -3).toSorted()).toEqual(['startMonit pf1', 'startMonit pf2', 'startMonit pf3']);
    expect(model.acts.slice(-3).toSorted()).toEqual([
      'releaseDatabase pf1',
      'releaseDatabase pf2',
      'releaseDatabase pf3',
    ]);
    expect(report.owed).toEqual([
      expect.stringMatching(/^Let galera-autofix work again on pf1; .*: not Synced: pf1, pf2, pf3$/),
    ]);
    expect(Object.values(model.node('pf1').owed)).toEqual(['Let galera-autofix work again on pf1']);
    expect(model.destroyed).toEqual([]);
  });

  test('leaves held what may not start by itself, owes it, and notes it on the node', async () => {
    const model = cluster();
    const { report } = await practice({ desk: aborted, args: { doubt: true } }, model);
    expect(model.all.every(({ held }) => held)).toBe(true);
    expect(report.owed[0]).toMatch(/^Let MariaDB start again on pf1.*pf3.*: not of one history$/);
    expect(Object.values(model.node('pf2').owed)).toContainEqual(
      expect.stringContaining('Let MariaDB start again on pf2'),
    );
  });

  test('during a wait, after the point of no return, stops at once and takes nothing back', async () => {
    const model = cluster();
    model.node('pf1').stuck = true;
    const { report } = await practice(
      {
        args: { doubt: true },
        meanwhile: async (handle) => {
          await seen(
            'the wait for pf1',
            async () => (await progressOf(handle)).steps.at(-1)?.title === 'Wait until pf1 is Synced',
          );
          await handle.signal('abort', 'it takes too long');
        },
      },
      model,
    );
    expect(report).toMatchObject({ phase: 'aborted', because: 'it takes too long' });
    expect(report.steps.find(({ title }) => title === 'Wait until pf1 is Synced')?.state).toBe('stopped');
    expect(model.acts.filter((act) => act.startsWith('release') || act.startsWith('startMonit'))).toEqual([]);
    expect(report.owed).toEqual([
      expect.stringMatching(/^Let MariaDB start again on pf3, and start it: not of one history$/), // pf1 and pf2 started
      expect.stringContaining('Let galera-autofix work again'),
    ]);
    expect(report.stays).toEqual(['Start monit on pf1', 'Start monit on pf2', 'Start monit on pf3']);
    expect(Object.values(model.node('pf1').owed)).toEqual(['Let galera-autofix work again on pf1']);
  });

  test.each([
    ['abort', []],
    ['handOver', ['Let MariaDB start again: left to the run that takes over']],
  ] as const)('is heard as %s while the settings cannot be read, so that nobody can be asked', async (signal, owed) => {
    const model = cluster();
    let tries = 0;
    const whoMayDecide: Activities['whoMayDecide'] = async () => {
      tries++;
      throw new Error('access.ini: line 3: unknown key');
    };
    const { report } = await practice(
      {
        activities: { ...allActivities(model), whoMayDecide },
        meanwhile: async (handle) => {
          await seen('a try to read who may decide', async () => tries > 0);
          await handle.signal(signal, 'the cluster was mended by hand');
        },
      },
      model,
    );
    expect(report).toMatchObject({ phase: 'aborted', because: 'the cluster was mended by hand', decisions: [] });
    expect(report.owed).toEqual(expect.arrayContaining([...owed]));
  });

  test('is not what a failure ends by which nobody can be asked: it is asked for again, also where that is no failure that passes', async () => {
    const model = cluster();
    let tries = 0;
    const whoMayDecide: Activities['whoMayDecide'] = async (which) => {
      if (++tries === 1) throw ApplicationFailure.nonRetryable('no such file: access.ini', 'Failed');
      return allActivities(model).whoMayDecide(which);
    };
    const { report } = await practice({ activities: { ...allActivities(model), whoMayDecide } }, model);
    expect([report.phase, tries]).toEqual(['done', 2]);
    expect(report.notCounted.join()).toContain('no such file: access.ini');
  });

  test('by a cancel from Temporal is the same', async () => {
    const model = cluster();
    const { report } = await practice({ desk: (_, handle) => handle.cancel() }, model);
    expect(report).toMatchObject({ phase: 'aborted', because: 'cancelled in Temporal' });
    expect(model.acts.filter((act) => act.startsWith('release'))).toHaveLength(3);
  });

  test('asks when something cannot be taken back, and owes what a person gives up', async () => {
    const model = cluster();
    const asked: string[] = [];
    const { report } = await practice(
      {
        activities: failing(model, 'startMonit', 'pf2', 9),
        desk: async (token, handle, worker) => {
          asked.push((await progressOf(handle)).question?.text ?? '');
          await aborted(token, handle, worker);
        },
      },
      model,
    );
    expect(asked[1]).toBe('This failed: Start monit on pf2.');
    expect(report.phase).toBe('aborted');
    expect(report.owed).toContainEqual(expect.stringContaining('Start monit on pf2: anna chose abort'));
    expect(model.node('pf1').monit).toBe(true);
    expect(model.node('pf1').held).toBe(false);
  });
});

describe.concurrent('a failed step', () => {
  test('names each node that failed, and is retried only there, one generation later', async () => {
    const model = cluster();
    const verdicts: (readonly string[] | undefined)[] = [];
    const { report } = await practice(
      {
        activities: failing(model, 'recoverPosition', 'pf1', 3),
        desk: async (token, handle, worker) => {
          const { question } = await progressOf(handle);
          if (token.startsWith('step')) verdicts.push(question?.evidence.verdict);
          await approves(token, handle, worker);
        },
      },
      model,
    );
    expect(report.phase).toBe('done');
    expect(verdicts).toEqual([['pf1: recoverPosition: it burns'], ['pf1: recoverPosition: it burns']]);
    expect(model.acts.filter((act) => act.startsWith('recoverPosition')).toSorted()).toEqual(
      ['pf1', 'pf2', 'pf3'].map((node) => `recoverPosition ${node}`),
    );
  });

  test('is skipped only where it allows it, and only with a reason', async () => {
    const said: string[] = [];
    const model = cluster();
    const { report } = await run('skippable', model, {
      activities: failing(model, 'stopMonit', 'pf2', 9),
      desk: async (token, handle) => {
        const skip = { token, choice: 'skip', by: 'anna' };
        await handle.executeUpdate('decide', { args: [skip] }).catch((error: Error) => said.push(refusal(error)));
        await handle.executeUpdate('decide', { args: [{ ...skip, reason: 'monit was never installed' }] });
      },
    });
    expect(said).toEqual(['To skip needs a reason.']);
    expect(report.steps[1]).toMatchObject({
      state: 'skipped',
      said: ['pf2: stopMonit: it burns', 'skip, decided by anna: monit was never installed'],
    });
    expect(report.phase).toBe('done');
  });
});

describe.concurrent('a judgement that refuses', () => {
  test('ends the run before the point of no return', async () => {
    const { report } = await run('asking', cluster(), { args: { refusal: 'use join-node' }, desk: async () => {} });
    expect(report).toMatchObject({ phase: 'refused', because: 'use join-node', decisions: [] });
  });

  test('is a question past it: look again, or abort', async () => {
    const model = cluster();
    const activities = allActivities(model);
    let looks = 0;
    const { report } = await practice(
      {
        activities: {
          ...activities,
          allSynced: async (facts) =>
            looks++ === 0 ? { verdict: [], hash: 'abcdef', refusal: 'pf3 is not Synced' } : activities.allSynced(facts),
        },
      },
      model,
    );
    expect(report.phase).toBe('done');
    expect(report.decisions.map(({ token, choice }) => [token, choice])).toContainEqual(['refused-2-abcdef', 'again']);
    expect(report.owed).toEqual([]);
  });
});

test.concurrent('pause holds the run between steps, resume lets it go', async () => {
  const model = cluster();
  const { report } = await practice(
    {
      desk: async (token, handle, worker) => {
        await handle.signal('pause');
        await approves(token, handle, worker);
        await seen('the pause', async () => (await progressOf(handle)).phase === 'paused');
        const before = model.acts.length;
        await handle.executeUpdate('decide', { args: [{ token, choice: 'pf2', by: 'anna' }] }).catch(() => undefined); // a round through the worker
        expect(model.acts.length).toBe(before);
        await handle.signal('resume');
      },
    },
    model,
  );
  expect(report.phase).toBe('done');
});

test.concurrent('the signal synced looks at once, and believes only what it sees', async () => {
  const model = cluster();
  model.node('pf1').stuck = true;
  let watches = 0;
  const activities = allActivities(model);
  const { untilSynced } = activities;
  activities.untilSynced = async (what) => {
    if (what.node === 'pf1') watches++;
    return untilSynced(what);
  };
  const { report } = await practice(
    {
      activities,
      meanwhile: async (handle) => {
        await seen('the wait', async () => watches === 1);
        await handle.signal('synced', 'pf1'); // a lie
        await seen('a fresh look', async () => watches === 2);
        expect((await progressOf(handle)).steps.at(-1)?.title).toBe('Wait until pf1 is Synced');
        model.node('pf1').stuck = false;
      },
    },
    model,
  );
  expect(report.phase).toBe('done');
});

test.concurrent('guards are lowered and put back in one step, in order on each node; a bad condition leaves one owed', async () => {
  const model = cluster();
  const { report } = await run('guarding', model);
  expect(report.steps.map(({ title }) => title)).toEqual([
    'Take the lock on the nodes',
    'Stop galera-autofix; stop monit; hold MariaDB',
    'Let MariaDB start again; start monit',
    'Look, for galera-autofix',
    'May it return?',
    'See what is left of: Stop galera-autofix',
    'Give the lock on the nodes back',
  ]);
  expect(model.acts.filter((act) => act.endsWith('pf2'))).toEqual([
    'maskAutofix pf2',
    'stopMonit pf2',
    'holdDatabase pf2',
    'releaseDatabase pf2',
    'startMonit pf2',
  ]);
  expect(report.owed).toEqual([expect.stringMatching(/^Let galera-autofix work again on pf1; .*: not Synced/)]);
  expect(model.all.map(({ owed }) => Object.values(owed))).toEqual(
    ['pf1', 'pf2', 'pf3'].map((node) => [`Let galera-autofix work again on ${node}`]),
  );
});

describe.concurrent('a bug', () => {
  const stuck = async (workflow: string, what: string, model: ModelCluster) => {
    const failed = async (handle: WorkflowHandle) => {
      const { events } = await handle.fetchHistory();
      return (
        events?.some((event) => event.workflowTaskFailedEventAttributes?.failure?.message?.includes(what)) ?? false
      );
    };
    await expect(
      run(workflow, model, {
        worker: {},
        meanwhile: async (handle) => {
          await seen('the failed task', () => failed(handle));
          await handle.terminate('seen');
        },
      }),
    ).rejects.toThrow();
  };

  test('stops the run where it is: nothing is taken back', async () => {
    const model = cluster();
    await stuck('buggy', 'nobody thought of this', model);
    expect(model.acts.toSorted()).toEqual(['holdDatabase pf1', 'holdDatabase pf2', 'holdDatabase pf3']);
  });

  test('of a runbook that would lose data before the point of no return is caught before the act', async () => {
    const model = cluster();
    await stuck('careless', 'commit comes first', model);
    expect(model.acts).toEqual(['stopMonit pf1']);
  });
});

test.concurrent('a report tells what each step took, whom it ran for, and that it was written', async () => {
  const model = cluster();
  const { report } = await practice({}, model);
  expect(report).toMatchObject({ cluster: 'hq', by: 'anna', result: { kept: 'pf2' } });
  expect(allSteps(report.steps).filter(({ seconds }) => seconds === undefined)).toEqual([]);
  expect(model.reports).toMatchObject([{ run: report.run, phase: 'done' }]);
  expect(model.destroyed).toEqual([]);
  expect(model.all.map(({ owed }) => owed)).toEqual([{}, {}, {}]);
});
