/** Hands every activity's type and arguments to a sink, also while replaying: Temporal itself compares no arguments. */
import { proxySinks, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

export interface Scheduled extends Sinks {
  scheduled: { activity(type: string, args: unknown[]): void };
}
const { scheduled } = proxySinks<Scheduled>();

export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity: (input, next) => {
        scheduled.activity(input.activityType, input.args);
        return next(input);
      },
    },
  ],
});
