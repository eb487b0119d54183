/** Something under contract, with what a test needs to see the other side. */
export interface Made {
  close?(): Promise<void> | void;
}

/** Makes one for a test and closes it after it, whatever happens. */
export async function using<T extends Made>(make: () => T | Promise<T>, test: (made: T) => Promise<void>): Promise<void> {
  const made = await make();
  try {
    await test(made);
  } finally {
    await made.close?.();
  }
}
