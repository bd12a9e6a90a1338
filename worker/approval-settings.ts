/** What the sections of access.ini that say who decides and who is told mean together, and the files that they name. */
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { z } from 'zod';
import type { ApprovalAccess, ReceiverAccess } from '../activities/access.js';
import { readAllowedSigners } from '../cluster/allowed-signers.js';
import { besideIt, complaintsAboutSecret } from './named-files.js';
import { reference, yesOrNo } from './values.js';

const names = z
  .string()
  .regex(/^[^;#]*$/, 'is no list of names. Separate them by commas')
  .transform((text) => text.split(/[\s,]+/).filter(Boolean));
/** "30 minutes, 2 hours" -> seconds. */
const times = z
  .string()
  .regex(
    /^( *\d+ *(s|seconds?|m|min|minutes?|h|hours?|d|days?) *(,|$))+$/,
    'is no time. Write "30 minutes" or "1 day", and a comma between two',
  )
  .transform((text) => text.split(',').map((time) => msToNumber(time.trim()) / 1000));
const receiver = {
  webhook: z
    .union([z.url({ protocol: /^https?$/ }), reference], {
      error: 'is no address. Write https://... or a reference to it',
    })
    .optional(),
  secret: reference.optional(),
  header: z
    .string()
    .regex(/^[\w-]+$/, 'is no name of an HTTP header. Write one like Authorization')
    .default('Authorization'),
  command: z
    .string()
    .regex(/^\//, 'is no program. Write its absolute path')
    .transform((text) => text.split(/\s+/))
    .optional(),
};

export const approvalSections = {
  approval: z.strictObject({
    policy: z.enum(['named', 'signed'], { error: 'is not a policy. Write named or signed' }).default('named'),
    approvers: names.default([]),
    needed: z
      .string()
      .regex(/^[1-9]\d?$/, 'is no number of people. Write 1 or more')
      .transform(Number)
      .optional(),
    requester_may_approve: yesOrNo.optional(),
  }),
  notify: z.strictObject({ ...receiver, remind: times.default([]) }),
  escalate: z.strictObject({ ...receiver, after: times.transform(([first]) => first).optional() }),
};
export type ApprovalSections = { readonly [S in keyof typeof approvalSections]: z.infer<(typeof approvalSections)[S]> };

/** What the sections say together, with their files; `complaints` are whole sentences. */
export async function readApproval(
  { approval, notify, escalate }: ApprovalSections,
  folder: string,
): Promise<{ readonly approval: ApprovalAccess; readonly complaints: readonly string[] }> {
  const file = `${folder}/access.ini`;
  const complaints: string[] = [];
  const { policy, approvers, needed = 1, requester_may_approve: requesterMayApprove = true } = approval;
  const allowedSigners = resolve(folder, 'allowed_signers');
  const signed = policy === 'signed' ? await readSigners(allowedSigners) : { signers: [], complaints: [] };
  complaints.push(...signed.complaints);
  if (policy === 'named')
    for (const key of ['needed', 'requester_may_approve'] as const)
      if (approval[key] !== undefined)
        complaints.push(`${file} [approval] ${key}: a name alone proves nobody; set policy = signed.`);
  if (policy === 'signed' && signed.complaints.length === 0) {
    const known = new Set(signed.signers.map(({ name }) => name));
    const keyless = approvers.filter((name) => !known.has(name));
    if (keyless.length > 0)
      complaints.push(`${file} [approval] approvers: ${keyless.join(', ')} has no key in ${allowedSigners}.`);
    const may = (approvers.length || known.size) - (requesterMayApprove ? 0 : 1);
    if (needed > may)
      complaints.push(
        `${file} [approval] needed: ${needed} must sign, and only ${may} can${requesterMayApprove ? '' : ' beside the one who started the run'}. No question could be answered.`,
      );
  }
  for (const [section, { webhook, secret, command }] of Object.entries({ notify, escalate })) {
    complaints.push(...(await complaintsAboutSecret(`[${section}] secret`, secret, folder)));
    complaints.push(...(await complaintsAboutSecret(`[${section}] webhook`, webhook, folder)));
    if (secret && !webhook) complaints.push(`${file} [${section}] secret: there is no webhook to send it to.`);
    if (command && !(await can(command[0] ?? '', constants.X_OK)))
      complaints.push(`${file} [${section}] command: ${command[0]} is missing, or cannot be run.`);
  }
  const isTold = ({ webhook, command }: ReceiverAccess) => (webhook ?? command) !== undefined;
  if (notify.remind.length > 0 && !isTold(notify))
    complaints.push(`${file} [notify] remind: whom? Name a webhook or a command.`);
  if (isTold(escalate) !== (escalate.after !== undefined))
    complaints.push(
      isTold(escalate)
        ? `${file} [escalate] after: is missing: after which time, as in "1 hour"?`
        : `${file} [escalate] after: to whom? Name a webhook or a command.`,
    );
  return {
    approval: {
      ...{ policy, approvers, needed, requesterMayApprove, signers: signed.signers, allowedSigners },
      notify: { ...notify, ...besideAccess(notify, folder) },
      escalate: { ...escalate, ...besideAccess(escalate, folder) },
    },
    complaints,
  };
}

/** Files that are named are relative to access.ini. */
const besideAccess = ({ webhook, secret }: ReceiverAccess, folder: string) => ({
  webhook: webhook && besideIt(webhook, folder),
  secret: secret && besideIt(secret, folder),
});

async function readSigners(file: string) {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined)
    return {
      signers: [],
      complaints: [
        `${file} is missing: one line for each who may decide, a name and the public key ("anna ssh-ed25519 AAAA...").`,
      ],
    };
  const { signers, complaints } = readAllowedSigners(text);
  const { mode } = await stat(file);
  const places = (process.env.PATH ?? '').split(':').map((folder) => can(join(folder, 'ssh-keygen'), constants.X_OK));
  return {
    signers,
    complaints: [
      ...complaints.map((complaint) => `${file}: ${complaint}`),
      ...((await Promise.all(places)).includes(true)
        ? []
        : ['ssh-keygen is not on this machine, and no signature could be checked: install openssh-client.']),
      ...(mode & 0o022 ? [`${file}: others can write themselves into it. Run: chmod go-w ${file}`] : []),
    ],
  };
}

const can = (file: string, mode: number): Promise<boolean> =>
  access(file, mode).then(
    () => true,
    () => false,
  );
