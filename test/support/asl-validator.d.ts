declare module 'asl-validator' {
  /** Adds fields to the definition that it is given: hand it a copy. */
  export default function validate(definition: unknown): { readonly isValid: boolean; readonly errors: readonly unknown[] };
}
