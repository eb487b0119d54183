import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Database } from '../../../lib/constructs/database';
import { inRegion, ofType, rendered } from '../../support/apps';
import { bind, instance, STANDBY, world } from './world';

const ruled = (options: Parameters<ReturnType<typeof bind>['onTransition']>[1]) => {
  const w = world();
  bind(w).onTransition('Moved', options);
  const standby = inRegion(rendered(w.app), STANDBY);
  return ofType(standby, 'AWS::Events::Rule').map(([, rule]) => rule.Properties);
};
const OURS = {
  source: ['cdk-failover'],
  'detail-type': ['Failover Controller Transition'],
  detail: { pair: ['app'], namespace: ['shop'] },
};

describe('a rule on transitions', () => {
  test('matches those of its pair only, in the standby Region', () => {
    expect(ruled({}).map(({ EventPattern: pattern }) => pattern)).toEqual([OURS]);
  });

  test('can ask for fewer', () => {
    const [rule] = ruled({ eventPattern: { detail: { to: ['PROMOTING', 'STUCK'] } } });
    expect(rule?.EventPattern).toEqual({ ...OURS, detail: { ...OURS.detail, to: ['PROMOTING', 'STUCK'] } });
  });

  test('takes target, name and description as every rule of CDK does', () => {
    const w = world();
    const database = bind(w);
    const operations = new Topic(w.regions.standby, 'Operations');
    // #region transition
    database.onTransition('Moved', {
      ruleName: 'database-moved',
      description: 'Tells operations when a database is promoted or stuck',
      eventPattern: { detail: { to: ['PROMOTING', 'STUCK'] } },
      target: new targets.SnsTopic(operations),
    });
    // #endregion
    const [rule] = ofType(inRegion(rendered(w.app), STANDBY), 'AWS::Events::Rule');
    expect(rule?.[1].Properties).toMatchObject({
      Name: 'database-moved',
      Description: expect.stringContaining('Tells'),
      State: 'ENABLED',
    });
    expect(rule?.[1].Properties.Targets).toHaveLength(1);
  });

  test('fails for a database that its own service fails over', () => {
    const db = bind(world(), { database: Database.multiAzInstance(instance('shop-a')) });
    expect(() => db.onTransition('Moved')).toThrow(
      '[NoTransitions] the database of app.example.com is failed over by its own service; no controller moves; leave the rule out (at Shop/Standby/AppDb)',
    );
  });
});
