/** What no runbook does yet, and how it is done until then. Section numbers are the clustering guide's. */
export const splitBrainByHand =
  'No runbook heals it yet. By hand (guide 5.3): decide which side is kept, copy the data directory of the other away before anything else, then give its nodes a full copy (guide 5.4.1).';
