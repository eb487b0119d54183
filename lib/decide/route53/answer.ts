/**
 * Which record of a failover pair Route 53 answers with.
 *
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
 */

/** Looks up the status of a health check; undefined for an id that does not exist (any more). */
export type HealthOf = (healthCheckId: string) => boolean | undefined;

/** A record without a check is always healthy, and so is one whose check is unknown. */
export function recordHealthy(healthCheckId: string | undefined, health: HealthOf): boolean {
  return healthCheckId === undefined ? true : (health(healthCheckId) ?? true);
}

/** Primary if healthy, else secondary if healthy; with both unhealthy the primary is answered. */
export function chooseFailover<R>(
  primary: R | undefined,
  secondary: R | undefined,
  healthy: (record: R) => boolean,
): R | undefined {
  if (primary === undefined || secondary === undefined) return primary ?? secondary;
  if (healthy(primary)) return primary;
  return healthy(secondary) ? secondary : primary;
}
