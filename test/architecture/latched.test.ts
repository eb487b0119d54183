import { rendered, stacksOf, threeRegions } from '../support/apps';
import { idleAcknowledgements, nagFindings } from '../support/nag';

describe('latched pairs in company', () => {
  const built = threeRegions({ pairs: 20 });
  for (const pair of built.pairs) pair._useLatch();
  const templates = rendered(built.app);

  test('twenty latched and drilled pairs fit into their stacks, and their registrations into parameters', () => {
    const counts = Object.fromEntries(templates.map(({ name, resources }) => [name, Object.keys(resources).length]));
    // 500 is the limit; a database per pair needs the rest.
    for (const [name, count] of Object.entries(counts)) expect([name, count < 450]).toEqual([name, true]);
    for (const pair of built.pairs) expect(JSON.stringify(pair._registered).length).toBeLessThan(2800);
  });

  test('cdk-nag finds nothing without a reason, and no reason is idle', () => {
    const { app, pairs } = threeRegions();
    pairs[0]?._useLatch();
    app.synth();
    expect(nagFindings(...stacksOf(app))).toEqual([]);
    expect(idleAcknowledgements(...stacksOf(app))).toEqual([]);
  });
});
