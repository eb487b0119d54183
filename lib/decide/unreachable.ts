/** Our own mistake: stops the program and names the case that a switch forgot. */
export function unreachable(value: never): never {
  throw new Error(`unhandled case ${JSON.stringify(value)}; add it to the switch`);
}
