import type { RefreshSettings } from '../database/settings';
import { aws, kept, shell } from './shell';
import type { Bound } from './types';

function one(region: string, what: RefreshSettings): readonly string[] {
  switch (what.kind) {
    case 'ecsService':
      return [
        aws('ecs', 'update-service', region, ['cluster', what.cluster], ['service', what.service], ['force-new-deployment']),
        aws('ecs', 'wait services-stable', region, ['cluster', what.cluster], ['services', what.service]),
      ];
    case 'autoScalingGroup':
      return [
        aws('autoscaling', 'start-instance-refresh', region, ['auto-scaling-group-name', what.name], ['strategy', 'Rolling']),
      ];
    case 'lambdaAlias':
      return [
        '# new environments: any change of configuration makes them',
        aws(
          'lambda',
          'update-function-configuration',
          region,
          ['function-name', what.name],
          ['description', shell('"refreshed at epoch $EPOCH"')],
        ),
        aws('lambda', 'wait function-updated', region, ['function-name', what.name]),
        kept(
          'VERSION',
          aws('lambda', 'publish-version', region, ['function-name', what.name], ['query', 'Version'], ['output', 'text']),
        ),
        aws(
          'lambda',
          'update-alias',
          region,
          ['function-name', what.name],
          ['name', what.alias],
          ['function-version', shell('"$VERSION"')],
        ),
      ];
    case 'function':
      return [
        `${aws('lambda', 'invoke', region, ['function-name', what.name], ['cli-binary-format', 'raw-in-base64-out'], ['payload', shell('"{\\"action\\":\\"refresh\\",\\"token\\":\\"by-hand-$EPOCH\\"}"')])} refresh.json; cat refresh.json`,
      ];
  }
}

/** In the standby Region only: what runs in the primary's may still reach the old writer. */
export const refresh = ({ database }: Bound): readonly string[] => {
  const all = database.refresh.flatMap((what) => one(database.standbyRegion, what));
  return all.length > 0 ? all : ['# nothing is registered: restart what holds connections to the old writer'];
};
