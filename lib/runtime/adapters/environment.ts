/** Reads the named variables once, at start; says all that are missing at once. */
export function environment<K extends string>(
  names: Readonly<Record<K, string>>,
  wanted: readonly K[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<K, string>> {
  const missing = wanted.map((key) => names[key]).filter((name) => !env[name]);
  if (missing.length > 0) throw new Error(`missing environment: ${missing.join(', ')}`);
  return Object.fromEntries(wanted.map((key) => [key, env[names[key]] as string])) as Readonly<Record<K, string>>;
}
