import type { PagerDutyTargetOptions } from './alert-target';

/** What a path is made of: PagerDuty services, at most one, and mailboxes. */
export interface TargetKinds {
  readonly pagerDuty: PagerDutyTargetOptions[];
  readonly emails: string[];
}
