/** Who is told of an open question, by a real receiver. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalAccess } from '../../activities/access.js';
import { deskActivities } from '../../activities/desk.js';
import type { Notice } from '../../cluster/approval.js';
import { ModelCluster } from '../../model/cluster.js';
import { messages, type Progress } from '../../workflows/messages.js';
import { named } from '../activities/sshd.js';
import { allActivities, approves, run, type Scene, seen } from './drive.js';

describe.concurrent('whoever is to be told', () => {
  interface Told extends Notice {
    readonly headers: IncomingHttpHeaders;
  }
  const secret = 'a very long secret';
  const folder = mkdtempSync(join(tmpdir(), 'pfrunbook-told-'));
  writeFileSync(join(folder, 'secret'), `${secret}\n`);
  const script = join(folder, 'page');
  writeFileSync(script, '#!/bin/sh\ncat >>"$1"\necho >>"$1"\n', { mode: 0o755 });
  const told: Told[] = [];
  let refusals = 1;
  const server = createServer(async (request, response) => {
    const notice = (await json(request)) as Notice;
    if (refusals-- > 0) return response.writeHead(503).end('try later');
    told.push({ ...notice, headers: request.headers });
    return response.writeHead(204).end();
  });
  let url = '';
  let nobody = '';
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const gone = createServer();
    await new Promise<void>((done) => gone.listen(0, '127.0.0.1', done));
    nobody = `http://127.0.0.1:${(gone.address() as AddressInfo).port}/`;
    gone.close();
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/of/ours`;
    writeFileSync(join(folder, 'url'), url);
  });
  afterAll(() => server.close());

  const telling = async (workflow: string, settings: Partial<ApprovalAccess>, scene: Scene) => {
    const model = new ModelCluster(['pf1', 'pf2', 'pf3']);
    const access = { ...named, ...settings };
    const { whoMayDecide, tell } = deskActivities(async () => ({
      ...{ name: 'hq', nodes: [], vips: [], clusterConf: '', mysql: { user: 'root' }, logins: {}, approval: access },
      ssh: { user: 'root', port: 22, knownHosts: '', sudo: false },
    }));
    return run(workflow, model, {
      ...scene,
      approval: await whoMayDecide({ cluster: 'hq' }),
      activities: { ...allActivities(model), whoMayDecide, tell },
    });
  };
  const kinds = (of: readonly Notice[], name: string) =>
    of.filter(({ run: one }) => one === name).map(({ kind }) => kind);
  const paged = (file: string): Notice[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Notice);

  test('is told once of each kind: asked, reminded, escalated to somebody else, expired, closed; the secret stays out of the history', async () => {
    const file = join(folder, 'paged');
    const { report, history } = await telling(
      'asking',
      {
        notify: {
          webhook: `file:${join(folder, 'url')}`,
          secret: `file:${join(folder, 'secret')}`,
          header: 'X-Key',
          remind: [0.2, 0.4],
        },
        escalate: { command: [script, file], header: 'Authorization', after: 0.3 },
      },
      {
        args: { after: true, expires: '200 ms' },
        worker: { maxCachedWorkflows: 0 },
        desk: async (token, handle, worker) => {
          await seen('that it is told', async () => told.some(({ token: one }) => one === token));
          await worker.down(); // what falls due meanwhile is told once, when there is a worker again
          await worker.up();
          await seen('all of them', async () => told.filter(({ token: one }) => one === token).length >= 4);
          await seen(
            'three expiries',
            async () => (await handle.query<Progress>(messages.progress)).notCounted.length > 2,
          );
          await approves(token, handle, worker);
        },
      },
    );
    expect(report.phase).toBe('done');
    expect(kinds(told, report.run).toSorted()).toEqual(['asked', 'closed', 'expired', 'reminder', 'reminder']);
    expect(kinds(told, report.run).at(0)).toBe('asked'); // refused at first, and still before the others
    expect(kinds(told, report.run).at(-1)).toBe('closed');
    expect(kinds(paged(file), report.run).toSorted()).toEqual(['closed', 'escalation', 'expired']);
    const ours = told.filter(({ run: one }) => one === report.run);
    expect(new Set(ours.map(({ id }) => id)).size).toBe(5);
    expect(ours.every(({ headers }) => headers['x-key'] === secret)).toBe(true);
    expect(ours[0]).toMatchObject({
      cluster: 'hq',
      runbook: 'Asking',
      startedBy: 'anna',
      question: 'Sure?',
      verdict: ['as you like'],
      answer: expect.stringMatching(/^pfrunbook decide hq\/\S+ sure-1-\S+ <yes\|abort>$/) as string,
      text: expect.stringMatching(/^hq\/\S+ asks: Sure\? Answer by: pfrunbook decide/) as string,
    });
    expect(ours.at(-1)?.closed).toBe('yes, decided by anna');
    const recorded = JSON.stringify(history, (key, value: unknown) =>
      key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
    );
    expect(['as you like', secret, url].map((words) => recorded.includes(words))).toEqual([true, false, false]);
  });

  test('and does not answer, stops nothing: it is noted', async () => {
    const { report, events } = await telling(
      'asking',
      {
        notify: { webhook: nobody, header: 'Authorization', remind: [] },
        escalate: { command: ['/bin/false'], header: '', after: 0.1 },
      },
      {
        desk: async (token, handle, worker) => {
          await seen('two notes', async () => (await handle.query<Progress>(messages.progress)).notCounted.length > 1);
          await approves(token, handle, worker);
        },
      },
    );
    expect(report.phase).toBe('done');
    expect(events).toBeGreaterThan(0);
    expect(report.notCounted.toSorted().slice(0, 2)).toEqual([
      expect.stringMatching(/^The command of \[escalate\] was not told of sure-1-\S+ \(closed\): exit code 1\.$/),
      expect.stringMatching(/^The command of \[escalate\] was not told of sure-1-\S+ \(escalation\): exit code 1\.$/),
    ]);
    expect(report.notCounted).toContainEqual(
      expect.stringMatching(
        /^The webhook of \[notify\] was not told of sure-1-\S+ \(asked\): it was not reached \(ECONNREFUSED\)\.$/,
      ),
    );
  });

  test('hears how it closed when nobody answered before the first change', async () => {
    const file = join(folder, 'expired');
    const { report } = await telling(
      'asking',
      { notify: { command: [script, file], header: '', remind: [] } },
      { args: { expires: '200 ms' }, desk: async () => {} },
    );
    expect(report.phase).toBe('aborted');
    expect(paged(file)).toMatchObject([
      { kind: 'asked' },
      { kind: 'closed', closed: expect.stringMatching(/^nobody answered/) as string },
    ]);
  });
});
