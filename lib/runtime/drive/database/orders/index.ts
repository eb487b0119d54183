/** What a person orders. Each is safe to repeat, and answers with every reason when it is refused. */

export * from './bound';
export * from './note';
export * from './rebuild';
export * from './run';
