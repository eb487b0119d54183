/**
 * Where DynamoDB keeps a table strongly consistent over Regions: three Regions of one set, all with a replica, or two with a
 * replica and a witness.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-dynamodb-globaltable-globaltablewitness.html
 */
export const LEASE_REGION_SETS: Readonly<Record<string, readonly string[]>> = {
  US: ['us-east-1', 'us-east-2', 'us-west-2'],
  EU: ['eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-central-1'],
  AP: ['ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
};

export const regionSets = () =>
  Object.entries(LEASE_REGION_SETS)
    .map(([name, regions]) => `${name}: ${regions.join(', ')}`)
    .join('; ');

/** The set that holds all of these Regions. */
export const setOf = (...regions: readonly string[]): readonly string[] | undefined =>
  Object.values(LEASE_REGION_SETS).find((set) => regions.every((region) => set.includes(region)));

/** The Region that breaks a tie between two others, where one is left in their set. */
export const witnessFor = (primary: string, standby: string): string | undefined =>
  setOf(primary, standby)?.find((region) => region !== primary && region !== standby);
