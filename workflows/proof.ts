/** The check of a signature, by an activity: the worker has the file of those who may sign. */
import { ActivityFailure, CancellationScope } from '@temporalio/workflow';
import type { Proof } from '../cluster/approval.js';
import type { Decision, Order, Question } from './messages.js';
import { verifySignature } from './proxies.js';

export async function proofOf(
  { run, cluster }: Order,
  { evidence }: Question,
  { token, choice, by, reason, signature = '' }: Decision,
): Promise<Proof> {
  const signed = { run, token, evidence: evidence.hash, choice, by, ...(reason !== undefined && { reason }) };
  try {
    return await CancellationScope.nonCancellable(() =>
      verifySignature.executeWithOptions({ summary: `Check the signature of ${by} at ${token}` }, [
        { cluster: cluster.name, signed, signature },
      ]),
    );
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return { rejected: `The signature could not be checked: ${error.cause?.message ?? error.message}` };
  }
}
