/** Where a number comes from. A number is never shown without it. */
export type Provenance = 'measured' | 'simulated' | 'documented' | 'assumed';
