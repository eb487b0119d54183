/** Longest wait for something that always comes, however busy the machine. */
export const LIMIT_MS = 60_000;

export async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + LIMIT_MS;
  while (!(await so())) {
    if (Date.now() > endMs) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
