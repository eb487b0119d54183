import {
  alarmsContract,
  announcerContract,
  healthChecksContract,
  journalContract,
  machineContract,
  metricsContract,
  reportsContract,
  schedulesContract,
} from '../contracts';
import { Process } from '../fakes/process';
import { PRIMARY_CHECK, World } from '../fakes/world';

const made = () => {
  const world = new World();
  return { world, ports: new Process(world).ports() };
};

journalContract('the fake journal', () => ({ journal: made().ports.journal }));
healthChecksContract('the fake of Route 53', () => {
  const { world, ports } = made();
  world.checks.stored.set('tcp', { version: 1, type: 'TCP', port: 5432 });
  return { checks: ports.checks, id: PRIMARY_CHECK, tcpId: 'tcp' };
});
schedulesContract('the fake scheduler', () => ({ schedules: made().ports.schedules }));
machineContract('the fake machine', () => ({ machine: made().ports.machine }));
alarmsContract('the fake of CloudWatch', (_region, states) => {
  const { world, ports } = made();
  world.alarmStates.clear();
  for (const [name, state] of Object.entries(states)) world.alarmStates.set(name, state);
  return { alarms: ports.alarms };
});
metricsContract('the fake of CloudWatch', () => {
  const { world, ports } = made();
  return { metrics: ports.metrics, published: () => world.published };
});
reportsContract('the fake bucket', () => {
  const { world, ports } = made();
  return { reports: ports.reports, stored: (key) => world.reports.get(key) };
});
announcerContract('the fake topic', () => {
  const { world, ports } = made();
  const received = () => world.announced.map(({ topic: _topic, ...event }) => JSON.stringify(event));
  return { announcer: ports.announcer, topicArn: 'arn:aws:sns:eu-central-1:111111111111:critical', received };
});
