/** The way back is built by a person: each item that is written, and each refusal, whole. */
import { abandonRebuild, beginRebuild, noteRebuilt } from '../../../lib/decide/database/rebuild-rules';
import { blankItem, type Ruled } from '../../../lib/decide/drill/rules';
import { idle, run } from './run-item';

const member = { id: 'a2', endpoint: 'e', port: 1, region: 'r', engine: 'x' };
const serving = { state: 'SERVING_STANDBY', active: 'standby', writer: 'b1' } as const;
const alone = idle({ ...serving, unprotectedSinceMs: 5 });
const building = (id = 'a2') =>
  idle({ ...serving, state: 'REBUILDING', unprotectedSinceMs: 5, rebuilt: { ...member, id, replicating: false } });
const built = idle({ ...serving, rebuilt: { ...member, replicating: true } });
const refused = (because: string) => ({ kind: 'keep', answer: { kind: 'refused', because } });
const NOTED = { kind: 'keep', answer: { kind: 'noted' } };

test.each<[string, Ruled<unknown>, unknown]>([
  ['is begun', beginRebuild(alone, member), { kind: 'write', item: building(), answer: { kind: 'begun' } }],
  [
    'is begun anew under another name',
    beginRebuild(building(), { ...member, id: 'a3' }),
    { kind: 'write', item: building('a3'), answer: { kind: 'begun' } },
  ],
  ['was begun already', beginRebuild(building(), member), NOTED],
  ['protects again once it replicates', noteRebuilt(building(), 'a2'), { kind: 'write', item: built, answer: { kind: 'noted' } }],
  ['was seen replicating already', noteRebuilt(built, 'a2'), NOTED],
  ['is given up', abandonRebuild(building()), { kind: 'write', item: alone, answer: { kind: 'noted' } }],
])('a rebuild %s', (_name, ruled, expected) => {
  expect(ruled).toStrictEqual(expected);
});

const lone = idle({ ...serving, rebuilt: { ...member, replicating: false } });
test.each<[string, Ruled<unknown>, string]>([
  ['of an unknown pair', beginRebuild(undefined, member), 'the pair has no database'],
  ['without a database', beginRebuild(blankItem('app'), member), 'the pair has no database'],
  ['during a run', beginRebuild(idle({ run: run() }), member), 'app-e1 is under way'],
  ['of the writer', beginRebuild(alone, { ...member, id: 'b1' }), 'b1 writes now'],
  ['of a primary that writes', beginRebuild(idle(), member), 'the controller is ARMED: there is nothing to rebuild'],
  ['that nobody began', noteRebuilt(alone, 'a2'), 'a2 is not being rebuilt'],
  ['that is over', noteRebuilt(lone, 'a2'), 'a2 is not being rebuilt'],
  ['without a name', noteRebuilt(idle({ ...serving, state: 'REBUILDING' }), 'a2'), 'a2 is not being rebuilt'],
  ['by another name', noteRebuilt(building(), 'a3'), 'a3 is not being rebuilt'],
  ['seen in an unknown pair', noteRebuilt(undefined, 'a2'), 'a2 is not being rebuilt'],
  ['seen without a database', noteRebuilt(blankItem('app'), 'a2'), 'a2 is not being rebuilt'],
  ['given up before it began', abandonRebuild(alone), 'nothing is being rebuilt'],
  ['given up in an unknown pair', abandonRebuild(undefined), 'nothing is being rebuilt'],
  ['given up without a database', abandonRebuild(blankItem('app')), 'nothing is being rebuilt'],
])('a rebuild %s is refused', (_name, ruled, because) => {
  expect(ruled).toStrictEqual(refused(because));
});
