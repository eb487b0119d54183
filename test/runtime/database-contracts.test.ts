import {
  applicationsContract,
  databaseRegistryContract,
  databasesContract,
  fencesContract,
  lagsContract,
  latchPanelContract,
  leasesContract,
  renewalsContract,
  transitionsContract,
  writerPointerContract,
} from '../contracts';
import { FakeBus } from '../fakes/database/bus';
import { FakeLease } from '../fakes/database/lease';
import { DatabaseProcess } from '../fakes/database/process';
import { DatabaseWorld, databaseOf } from '../fakes/database/world';

/** The contracts that the real adapters keep, on the fakes of the controller's tests. */
const made = () => {
  const world = new DatabaseWorld();
  const [replica] = world.database.replicas;
  if (!replica) throw new Error('the world has a replica');
  return { world, replica, registration: world.database, ports: new DatabaseProcess(world).ports() };
};

databasesContract('the fake of RDS', () => {
  const { world, replica, registration, ports } = made();
  return { databases: ports.databases, registration, replica, finish: () => world.time.run(world.time.sleep(world.promoteMs)) };
});

lagsContract('the fake of CloudWatch', (sample) => {
  const { world, replica, registration, ports } = made();
  const atMs = Math.floor(world.time.nowMs() / 60_000) * 60_000;
  Object.assign(world.member(replica.id), { lagMs: 5_000, ...(sample === 'of 5 s' ? {} : { lagUnknown: '-1' }) });
  return { lags: ports.lags, registration, replica, atMs };
});

latchPanelContract('the fake of the latch', () => {
  const { world, registration, ports } = made();
  return { panel: ports.latchPanel, registration, arrived: () => world.published };
});

fencesContract('the fake of fences', () => {
  const { world, registration, ports } = made();
  const [fence] = registration.fences;
  if (!fence) throw new Error('the world has a fence');
  return { fences: ports.fences, fence, closed: () => world.fences.has('acl-1') };
});

writerPointerContract('the fake of SSM', () => {
  const { world, ports } = made();
  return { pointer: ports.pointer, stands: (name) => world.pointers.get(name) ?? { endpoint: '', epoch: 0 } };
});

transitionsContract('the fake bus', () => {
  const bus = new FakeBus();
  return {
    transitions: bus,
    arrived: () => bus.taken,
    refuse: () => {
      bus.mood = 'refuses';
    },
  };
});

leasesContract('the fake lease', () => ({ leases: made().ports.leases }));

renewalsContract('the fake lease', () => ({ renewals: new FakeLease({ epoch: 3, turn: 2 }) }));

databaseRegistryContract(
  'the fake registry',
  (database) => {
    const world = new DatabaseWorld();
    world.database = database;
    return { registry: new DatabaseProcess(world).ports().databaseRegistry };
  },
  databaseOf(),
);

applicationsContract('the fake applications', () => ({ applications: made().ports.applications }));
