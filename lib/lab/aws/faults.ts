import type { AwsCall, AwsReply, AwsService } from './call';
import { AwsFault, CUT } from './call';

/** What goes wrong with one call. `lost`: it has its effect, and the connection breaks before the answer. */
export type Fault =
  | { readonly kind: 'refused'; readonly code: string; readonly status: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'lost' };

/** A service whose calls go wrong when `decide` says so. */
export function faulty(service: AwsService, decide: (call: AwsCall) => Fault | undefined): AwsService {
  return {
    name: service.name,
    fail: (error) => service.fail(error),
    close: () => service.close?.(),
    answer: async (call, claim): Promise<AwsReply> => {
      const fault = decide(call);
      if (fault?.kind === 'refused') throw new AwsFault(fault.code, `${fault.code}, as the lab was told`, fault.status);
      if (fault?.kind === 'cut') return CUT;
      const reply = await service.answer(call, claim);
      return fault?.kind === 'lost' ? CUT : reply;
    },
  };
}

/** Name of the operation, in the protocols with one path for all. */
export const operationOf = (call: AwsCall): string =>
  call.headers['x-amz-target']?.split('.')[1] ?? new URLSearchParams(call.body.toString()).get('Action') ?? call.path;
