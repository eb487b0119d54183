/** Pairs of one control set: a stack holds 500 resources and a managed policy 6,144 characters. */
export const MAX_PAIRS = 20;
