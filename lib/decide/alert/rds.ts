import type { RdsAlert } from './types';

/**
 * What an RDS event means for an incident. Events that are no news of trouble become change events. RDS sends events on
 * best effort, in any order: a lost ending leaves the incident open, which somebody sees.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
 */
export const RDS_EVENTS: readonly { readonly id: string; readonly topic: string; readonly action: 'trigger' | 'resolve' }[] = [
  { id: 'RDS-EVENT-0013', topic: 'failover', action: 'trigger' },
  { id: 'RDS-EVENT-0050', topic: 'failover', action: 'trigger' },
  { id: 'RDS-EVENT-0072', topic: 'failover', action: 'trigger' },
  { id: 'RDS-EVENT-0073', topic: 'failover', action: 'trigger' },
  { id: 'RDS-EVENT-0069', topic: 'failover', action: 'trigger' },
  { id: 'RDS-EVENT-0015', topic: 'failover', action: 'resolve' },
  { id: 'RDS-EVENT-0049', topic: 'failover', action: 'resolve' },
  { id: 'RDS-EVENT-0051', topic: 'failover', action: 'resolve' },
  { id: 'RDS-EVENT-0071', topic: 'failover', action: 'resolve' },
  { id: 'RDS-EVENT-0045', topic: 'replication', action: 'trigger' },
  { id: 'RDS-EVENT-0057', topic: 'replication', action: 'trigger' },
  { id: 'RDS-EVENT-0062', topic: 'replication', action: 'trigger' },
  { id: 'RDS-EVENT-0046', topic: 'replication', action: 'resolve' },
  { id: 'RDS-EVENT-0022', topic: 'restart', action: 'trigger' },
  { id: 'RDS-EVENT-0007', topic: 'storage', action: 'trigger' },
  { id: 'RDS-EVENT-0221', topic: 'storage', action: 'trigger' },
  { id: 'RDS-EVENT-0222', topic: 'storage', action: 'trigger' },
  { id: 'RDS-EVENT-0418', topic: 'key', action: 'trigger' },
  { id: 'RDS-EVENT-0419', topic: 'key', action: 'trigger' },
  { id: 'RDS-EVENT-0420', topic: 'key', action: 'resolve' },
  { id: 'RDS-EVENT-0031', topic: 'state', action: 'trigger' },
  { id: 'RDS-EVENT-0035', topic: 'state', action: 'trigger' },
  { id: 'RDS-EVENT-0036', topic: 'state', action: 'trigger' },
  { id: 'RDS-EVENT-0202', topic: 'replica creation', action: 'trigger' },
  { id: 'RDS-EVENT-0187', topic: 'global switchover', action: 'trigger' },
  { id: 'RDS-EVENT-0239', topic: 'global failover', action: 'trigger' },
  { id: 'RDS-EVENT-0391', topic: 'write fencing', action: 'trigger' },
];

/** Incident of the event, or `change` when it opens and closes none. */
export function rdsMeaning(alert: RdsAlert): { readonly action: 'trigger' | 'resolve' | 'change'; readonly key: string } {
  const known = RDS_EVENTS.find((e) => e.id === alert.eventId);
  if (known) return { action: known.action, key: `${alert.sourceArn}/${known.topic}` };
  const action = alert.categories.includes('failure') ? 'trigger' : 'change';
  return { action, key: `${alert.sourceArn}/${alert.eventId}` };
}
