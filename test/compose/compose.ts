/**
 * docker-compose.yml, read as Compose reads it: the part of the specification that we use, strictly, so that a key
 * which Compose would not know, or which nobody here checks, is an error. Filled in and laid out in the order of starting.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const duration = z.string().regex(/^\d+s$/);
const conditions = ['service_healthy', 'service_completed_successfully'] as const;
const shortVolume = z.string().regex(/^[^:]+:\/[^:]+(:ro)?$/);
const longVolume = z.strictObject({
  type: z.literal('bind'),
  source: z.string(),
  target: z.string(),
  read_only: z.boolean(),
  bind: z.strictObject({ create_host_path: z.boolean() }),
});

const service = z.strictObject({
  image: z.string().optional(),
  build: z.string().optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.enum(conditions) })).default({}),
  environment: z.record(z.string(), z.string()).default({}),
  env_file: z.array(z.strictObject({ path: z.string(), required: z.boolean() })).default([]),
  volumes: z.array(z.union([shortVolume, longVolume])).default([]),
  ports: z.array(z.string()).default([]),
  command: z.array(z.string()).optional(),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.literal('CMD')], z.string()),
      interval: duration,
      timeout: duration,
      start_period: duration.optional(),
      start_interval: duration.optional(),
      retries: z.number().int().positive(),
    })
    .optional(),
  init: z.boolean().optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  stop_grace_period: duration.optional(),
  restart: z.literal('unless-stopped').optional(),
});

const file = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
});

export type Service = z.infer<typeof service>;
export type Compose = z.infer<typeof file>;

export const composeText = (): string => readFileSync(`${root}/docker-compose.yml`, 'utf8');

/** Errors: ZodError for what Compose would refuse, Error for a variable that must be given. */
export function readCompose(env: Readonly<Record<string, string>>): Compose {
  return file.parse(filledIn(parse(composeText()), env));
}

/** ${NAME:?words} and $$, which is all that we use; anything else with a $ is refused. */
function filledIn(value: unknown, env: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string')
    return value.replaceAll(/\$(?:\$|\{(\w+):\?([^}]*)\}|)/g, (all: string, name?: string, words?: string) => {
      if (all === '$$') return '$';
      if (!name) throw new Error(`"${value}": this reader does not know that use of $`);
      const given = env[name];
      if (!given) throw new Error(`required variable ${name} is missing a value: ${words}`);
      return given;
    });
  if (Array.isArray(value)) return value.map((each) => filledIn(each, env));
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filledIn(each, env)]));
  return value;
}

/** The services' names, each after all that it depends on. Errors: Error for a ring, or a name that is none. */
export function inOrder({ services }: Compose): readonly string[] {
  const order: string[] = [];
  const place = (name: string, above: readonly string[]): void => {
    if (order.includes(name)) return;
    const found = services[name];
    if (!found || above.includes(name)) throw new Error(`${[...above, name].join(' -> ')}: no such service, or a ring`);
    for (const before of Object.keys(found.depends_on)) place(before, [...above, name]);
    order.push(name);
  };
  for (const name of Object.keys(services)) place(name, []);
  return order;
}
