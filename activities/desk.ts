/** What a run's desk asks of the outside: the policy, the check of a signature, and telling people. */
import { ApplicationFailure } from '@temporalio/common';
import type { Via } from '../cluster/approval.js';
import type { ReceiverAccess } from './access.js';
import type { Resolve } from './change.js';
import type { Desks } from './contract.js';
import { sendBy } from './notify.js';
import { verifySignature } from './signature.js';

export const deskActivities = (resolve: Resolve): Desks => ({
  whoMayDecide: async ({ cluster }) => {
    const { allowedSigners: _, notify, escalate, ...policy } = (await resolve(cluster)).approval;
    return {
      ...policy,
      tells: {
        notify: waysTo(notify),
        escalate: waysTo(escalate),
        remindAfter: notify.remind,
        ...(escalate.after !== undefined && { escalateAfter: escalate.after }),
      },
    };
  },
  verifySignature: async ({ cluster, signed, signature }) =>
    verifySignature((await resolve(cluster)).approval.allowedSigners, signed, signature),
  tell: async ({ cluster, to, via, notice }) => {
    const receiver = (await resolve(cluster)).approval[to];
    try {
      await sendBy[via](receiver, JSON.stringify(notice));
    } catch (error) {
      // What went wrong may hold the address, and that may be a secret: only our own words leave.
      throw ApplicationFailure.create({
        type: 'NotTold',
        message: error instanceof Error ? error.message : String(error),
      });
    }
  },
});

const waysTo = ({ webhook, command }: ReceiverAccess): readonly Via[] => [
  ...(webhook ? (['webhook'] as const) : []),
  ...(command ? (['command'] as const) : []),
];
