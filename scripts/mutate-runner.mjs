// Stryker's mutants against the tests of lib/decide, all in one process: milliseconds for a mutant, where a jest run of its own
// takes seconds. Those tests are pure; `describe`, `test`, `each` and `expect` are all that they need of jest.
import { readdirSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { determineHitLimitReached, TestStatus, toMutantRunResult } from '@stryker-mutator/api/test-runner';
import { transformSync } from '@swc/core';
import { expect } from 'expect';

globalThis.__stryker__ ??= {};
const namespace = globalThis.__stryker__;
const compiled = new Map();

/** Modules are loaded anew for each test file and each static mutant, and compiled once. */
Module._extensions['.ts'] = (module, file) => {
  if (!compiled.has(file)) {
    const jsc = { target: 'es2022', parser: { syntax: 'typescript' } };
    const options = { filename: file, swcrc: false, configFile: false, jsc, module: { type: 'commonjs' } };
    compiled.set(file, transformSync(readFileSync(file, 'utf8'), options).code);
  }
  module._compile(compiled.get(file), file);
};
function forget() {
  for (const file of Object.keys(Module._cache)) if (file.endsWith('.ts')) delete Module._cache[file];
}

let path = [];
let found = [];
const describe = (name, body) => {
  path.push(name);
  body();
  path.pop();
};
const test = (name, body) => {
  found.push({ id: [...path, name].join(' > '), body });
};
/** Every row is told apart by its place in the table; its values are its name. */
const each = (rows) => (block) => (name, body) =>
  rows.forEach((row, n) => {
    block(`${name} (row ${n + 1})`, () => (Array.isArray(row) ? body(...row) : body(row)));
  });
test.each = (rows) => each(rows)(test);
describe.each = (rows) => each(rows)(describe);
test.skip = () => undefined;
Object.assign(globalThis, { describe, test, expect });

class InProcess {
  #root = '';
  #load = createRequire(import.meta.url);
  #files = [];
  #tests = new Map();
  #tookMs = new Map();
  /** Mutants that each file meets at all, while it is loaded or by a test. */
  #met = new Map();

  capabilities() {
    return { reloadEnvironment: true };
  }

  /** Here the working folder is Stryker's copy of the project. */
  init() {
    this.#root = process.cwd();
    this.#load = createRequire(join(this.#root, 'package.json'));
    globalThis.jest = { requireActual: this.#load };
    const folder = join(this.#root, 'test/decide', process.env.MUTATED_FOLDER ?? '.');
    this.#files = readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join(folder, name));
  }

  #testsOf(file) {
    forget();
    path = [];
    found = [];
    this.#load(file);
    const ids = found.map(({ id }) => id);
    const named = (id, n) => `${relative(this.#root, file)} ${id}${ids.indexOf(id) === n ? '' : ` again (${n})`}`;
    const tests = found.map(({ id, body }, n) => ({ id: named(id, n), body, file }));
    this.#tests.set(file, tests);
    return tests;
  }

  async dryRun() {
    namespace.activeMutant = undefined;
    const results = [];
    const coverage = { static: {}, perTest: {} };
    try {
      for (const file of this.#files) results.push(...(await this.#dryRunOf(file, coverage)));
    } catch (error) {
      return { status: 'error', errorMessage: String(error?.stack ?? error) };
    }
    const tookMs = (file) => results.reduce((sum, { fileName, timeSpentMs }) => sum + (fileName === file ? timeSpentMs : 0), 0);
    this.#files.sort((a, b) => tookMs(a) - tookMs(b));
    return { status: 'complete', tests: results, mutantCoverage: coverage };
  }

  async #dryRunOf(file, coverage) {
    const results = [];
    const met = { static: {}, perTest: {} };
    namespace.mutantCoverage = met;
    namespace.currentTestId = undefined;
    for (const one of this.#testsOf(file)) {
      namespace.currentTestId = one.id;
      const result = await meet(one);
      this.#tookMs.set(one.id, result.timeSpentMs);
      results.push(result);
    }
    namespace.currentTestId = undefined;
    for (const [id, hits] of Object.entries(met.static)) coverage.static[id] = (coverage.static[id] ?? 0) + hits;
    Object.assign(coverage.perTest, met.perTest);
    this.#met.set(file, new Set([met.static, ...Object.values(met.perTest)].flatMap(Object.keys)));
    return results;
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, reloadEnvironment }) {
    Object.assign(namespace, { activeMutant: activeMutant.id, hitCount: hitLimit ? 0 : undefined, hitLimit });
    const results = [];
    try {
      for (const file of this.#files.filter((one) => this.#met.get(one)?.has(activeMutant.id) ?? true)) {
        const tests = reloadEnvironment || !this.#tests.has(file) ? this.#testsOf(file) : this.#tests.get(file);
        const asked = testFilter ? tests.filter(({ id }) => testFilter.includes(id)) : tests;
        for (const one of [...asked].sort((a, b) => this.#took(a) - this.#took(b))) {
          results.push(await meet(one));
          const endless = determineHitLimitReached(namespace.hitCount, namespace.hitLimit);
          if (endless) return toMutantRunResult(endless);
          if (results.at(-1).status === TestStatus.Failed) return toMutantRunResult({ status: 'complete', tests: results });
        }
      }
      return toMutantRunResult({ status: 'complete', tests: results });
    } catch (error) {
      // A file that cannot even be loaded tells the mutant as well as a test that fails.
      return { status: 'killed', killedBy: [], failureMessage: String(error), nrOfTests: results.length };
    } finally {
      namespace.activeMutant = undefined;
      // What a mutant left in a cache of a module must not reach the next one.
      if (reloadEnvironment || process.env.MUTATED_FOLDER === 'budget') this.#tests.clear();
    }
  }

  #took({ id }) {
    return this.#tookMs.get(id) ?? 0;
  }
}

async function meet({ id, body, file }) {
  const began = performance.now();
  const result = (status) => ({ id, name: id, fileName: file, timeSpentMs: performance.now() - began, ...status });
  try {
    await body();
    return result({ status: TestStatus.Success });
  } catch (error) {
    return result({ status: TestStatus.Failed, failureMessage: String(error?.message ?? error) });
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcess)];
