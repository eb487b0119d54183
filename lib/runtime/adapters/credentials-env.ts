import { fromEnv } from '@aws-sdk/credential-provider-env';

/** Stands in for the SDK's provider chain inside the bundles: Lambda puts credentials into the environment. */
export const defaultProvider = (init?: Parameters<typeof fromEnv>[0]) => fromEnv(init);
