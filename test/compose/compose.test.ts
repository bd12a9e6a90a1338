/** What a team relies on in docker-compose.yml and the Dockerfile. That it works is shown by test/team. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { program } from '../../client/cli.js';
import { attributes } from '../../workflows/messages.js';
import { composeText, inOrder, readCompose, root } from './compose.js';

const secret = 'a-secret-of-this-test';
const compose = readCompose({ PFRUNBOOK_POSTGRES_PASSWORD: secret });
const services = Object.entries(compose.services);
const lasting = services.filter(([, { restart }]) => restart);
const passing = services.filter(([, { restart }]) => !restart).map(([name]) => name);
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

describe('secrets', () => {
  test('come from outside: without the variable nothing starts', () => {
    expect(() => readCompose({})).toThrow('PFRUNBOOK_POSTGRES_PASSWORD is missing a value');
  });

  test('stand in no other place: every variable that could hold one is exactly that reference', () => {
    const raw: typeof compose = parse(composeText());
    const held = Object.entries(raw.services).flatMap(([name, { environment = {} }]) =>
      Object.entries(environment)
        .filter(([key]) => /PASSWORD|PWD|SECRET|TOKEN|KEY/.test(key))
        .map(([key, value]) => `${name} ${key} ${value.replace(/:\?.*/, '')}`),
    );
    expect(held).toEqual([
      `postgresql POSTGRES_PASSWORD \${PFRUNBOOK_POSTGRES_PASSWORD`,
      `schema SQL_PASSWORD \${PFRUNBOOK_POSTGRES_PASSWORD`,
      `temporal POSTGRES_PWD \${PFRUNBOOK_POSTGRES_PASSWORD`,
    ]);
  });

  test('are in no command line', () => {
    const commands = services.map(([, { command, healthcheck }]) => JSON.stringify([command, healthcheck]));
    expect(commands.join()).not.toContain(secret);
  });

  test('stay out of the image and of git', () => {
    expect(read('.dockerignore').split('\n')).toContain('*');
    expect(read('.gitignore').split('\n')).toContain('.env');
  });
});

test('only this machine reaches what is published', () => {
  const ports = services.flatMap(([, { ports }]) => ports);
  expect(ports).not.toEqual([]);
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
});

test('what lasts is watched and started again, what sets up ends', () => {
  expect(lasting.filter(([, { healthcheck }]) => !healthcheck)).toEqual([]);
  expect(passing).toEqual(['schema', 'namespace']);
});

test('each starts after what it needs, and waits in the way that fits: for health, or for an end', () => {
  expect(inOrder(compose)).toEqual(['postgresql', 'schema', 'temporal', 'namespace', 'ui', 'worker']);
  const wrong = services.flatMap(([name, { depends_on }]) =>
    Object.entries(depends_on)
      .filter(([on, { condition }]) => (condition === 'service_completed_successfully') !== passing.includes(on))
      .map(([on]) => `${name} waits for ${on}`),
  );
  expect(wrong).toEqual([]);
  expect(Object.keys(compose.services.worker?.depends_on ?? {})).toEqual(['namespace']);
});

test('images are pinned to a version, the server and its tools to the same', () => {
  const images = services.flatMap(([, { image }]) => image ?? []);
  const bases = [...read('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, base]) => base ?? '');
  expect([...images, ...bases].filter((image) => !/^[\w./-]+:\d+\.\d+/.test(image))).toEqual([]);
  expect(new Set(bases).size).toBe(1);
  const temporal = images.filter((image) => /(server|admin-tools):/.test(image)).map((image) => image.split(':')[1]);
  expect(new Set(temporal).size).toBe(1);
});

test('the namespace gets the search attributes that runs set', () => {
  const { SEARCH_ATTRIBUTES = '' } = compose.services.namespace?.environment ?? {};
  expect(SEARCH_ATTRIBUTES.split(' ')).toEqual(Object.values(attributes));
});

test('the worker’s commands are ours, and the image has everything that its build reads', () => {
  const { command, healthcheck } = compose.services.worker ?? {};
  const known = program().commands.map((each) => each.name());
  for (const [bin, name = ''] of [command ?? [], healthcheck?.test.slice(1) ?? []]) {
    expect(bin).toBe('pfrunbook');
    expect(known).toContain(name);
  }
  expect(read('Dockerfile')).toContain(`CMD ${JSON.stringify(command)}`.replace(',', ', '));
  const { bin }: { bin: Record<string, string> } = JSON.parse(read('package.json'));
  expect(read('Dockerfile')).toContain(`/opt/pfrunbook/${bin.pfrunbook} /usr/local/bin/pfrunbook`);
  const built: { include: readonly string[] } = JSON.parse(read('tsconfig.build.json'));
  expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(built.include.map((each) => `!${each}`)));
});

test('what is mounted from this folder is here', () => {
  const mounted = services.flatMap(([, { command = [], environment }]) =>
    [...command, ...Object.values(environment)].filter((word) => word.startsWith('/compose/')),
  );
  expect(
    readdirSync(`${root}/compose`)
      .map((name) => `/compose/${name}`)
      .toSorted(),
  ).toEqual([...new Set(mounted)].toSorted());
});
