// What one more pair with a database adds to an app: resources, and the bill of a month by the budget's own prices.
import { builtDist, fresh, row } from './common.mjs';

/** `pairs` pairs of the shape of example 05 in one control set: PostgreSQL in two Regions, heartbeat reader, no instances. */
const app = (pairs) => `
  const { App, Duration } = require('aws-cdk-lib'); const fs = require('fs');
  const { SubnetType, Vpc } = require('aws-cdk-lib/aws-ec2'); const { DatabaseInstance } = require('aws-cdk-lib/aws-rds');
  const { Secret } = require('aws-cdk-lib/aws-secretsmanager');
  const { AlertPath, AlertTarget, Database, DatabaseEngine, DatabaseFailover, DatabaseRef, DataLoss, FailoverPair, FailoverRegions,
    HealthProbe, LagSource, ReplicationLagAlarms, ReplicaEngine, Site, WriterName } = require('./dist/index.js');
  const { monthlyCost } = require('./dist/decide/cost');
  const outdir = fs.mkdtempSync(require('path').join(require('os').tmpdir(), 'database-'));
  const app = new App({ outdir });
  const regions = new FailoverRegions(app, 'Shop', { account: '111111111111', primary: 'eu-west-1', standby: 'eu-central-1',
    zone: { hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'example.com' } });
  const alerts = new AlertPath(app, 'Alerts', { regions, targets: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')] });
  const vpc = Vpc.fromVpcAttributes(regions.standby, 'Vpc', { vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    isolatedSubnetIds: ['subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'],
    isolatedSubnetRouteTableIds: ['rtb-0123456789abcdef2', 'rtb-0123456789abcdef3'] });
  for (let i = 0; i < ${pairs}; i++) {
    const pair = new FailoverPair(regions.routing, 'App' + i, { regions, alerts, recordName: 'shop' + i, pairName: 'shop' + i,
      primary: Site.ip('1.2.3.' + (i + 1)), standby: Site.ip('5.6.7.' + (i + 1)), health: HealthProbe.https({ failures: 2 }) });
    const member = (side, region) => DatabaseRef.instance({ id: 'shop' + i + side, endpoint: 'shop' + i + side + '.abcdefghijkl.' + region + '.rds.amazonaws.com', engine: DatabaseEngine.POSTGRESQL });
    new DatabaseFailover(regions.standby, 'Db' + i, { pair, dataLoss: DataLoss.upTo(Duration.seconds(60)),
      targets: { rto: Duration.minutes(40), trafficSwitch: Duration.minutes(10), rpo: Duration.minutes(3) },
      database: Database.readReplicas({ source: member('a', 'eu-west-1'), replicas: [member('b', 'eu-central-1')],
        writer: WriterName.privateZone({ hostedZoneId: 'Z9876543210ABCDEFGHIJ', name: 'db.shop' + i + '.internal' }) }),
      heartbeat: { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED }, secret: Secret.fromSecretNameV2(regions.standby, 'Login' + i, 'shop' + i + '/heartbeat') } });
    new ReplicationLagAlarms(regions.standby, 'Lag' + i, { alerts, source: LagSource.rdsReplica(
      DatabaseInstance.fromDatabaseInstanceAttributes(regions.standby, 'Replica' + i, { instanceIdentifier: 'shop' + i + 'b', instanceEndpointAddress: 'x.example.com', port: 5432, securityGroups: [] }),
      { engine: ReplicaEngine.POSTGRESQL, writerHeartbeat: Duration.seconds(10) }) });
  }
  const assembly = app.synth();
  const templates = assembly.stacks.map(({ stackName: stack, template }) => ({ stack, resources: template.Resources ?? {} }));
  fs.rmSync(outdir, { recursive: true, force: true });
  console.log(JSON.stringify({ cost: monthlyCost(templates), stacks: templates.map(({ stack, resources }) => ({ stack, resources: Object.keys(resources).length })) }));`;

/** As many as one control set takes. */
const FULL = 20;

const count = (pairs) => fresh(app(pairs), { CDK_VALIDATION: 'false' });
const resources = ({ stacks }) => stacks.reduce((sum, stack) => sum + stack.resources, 0);

export async function run() {
  builtDist();
  const [one, five, nine, full] = [count(1), count(5), count(9), count(FULL)];
  const more = (nine.cost.usdPerMonth - five.cost.usdPerMonth) / 4;
  const lines = nine.cost.lines.map((line) => {
    const before = five.cost.lines.find(({ what }) => what === line.what);
    const usd = (line.usdPerMonth - (before?.usdPerMonth ?? 0)) / 4;
    const added = (line.count - (before?.count ?? 0)) / 4;
    return { text: `${added} ${line.what} ${usd.toFixed(2)}`, added };
  });
  const largest = [...full.stacks].sort((a, b) => b.resources - a.resources)[0];
  return [
    row('resources that one more pair with a database adds, all stacks', (resources(nine) - resources(five)) / 4, {
      note: `counted in the templates of 5 and 9 pairs; 1 pair with everything shared: ${resources(one)}`,
    }),
    row(`resources of the largest stack, ${FULL} pairs with a database`, largest.resources, {
      aim: 500,
      note: `${largest.stack}, counted in the template; CloudFormation takes 500`,
    }),
    row('what one more pair with a database costs', more, {
      unit: 'USD a month',
      note:
        `assumed (list prices; counted in the templates): ${lines
          .filter(({ added }) => added > 0)
          .map(({ text }) => text)
          .join(', ')}; ` + `not counted: the database itself, ${nine.cost.notCounted}`,
    }),
  ];
}
