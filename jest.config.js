const common = {
  rootDir: __dirname,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/.stryker', '<rootDir>/dist', '<rootDir>/dist-pkgs', '<rootDir>/cdk.out'],
  setupFiles: ['<rootDir>/test/setup.js'],
};
const ownName = { '^cdk-failover$': '<rootDir>/lib/index.ts' };

module.exports = {
  projects: [
    {
      ...common,
      displayName: 'floor',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      // The oldest aws-cdk-lib that we support has no validator.
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/architecture/validation.test.ts'],
      moduleNameMapper: ownName,
    },
    {
      ...common,
      displayName: 'next',
      // The constructs again, on the newest aws-cdk-lib that we support, and its offline CloudFormation validator.
      testMatch: ['<rootDir>/test/constructs/**/*.test.ts', '<rootDir>/test/architecture/validation.test.ts'],
      moduleNameMapper: { ...ownName, '^aws-cdk-lib(/.*)?$': '<rootDir>/node_modules/aws-cdk-lib-next$1' },
    },
  ],
  reporters: ['default', '<rootDir>/scripts/plain-reporter.js'],
  testSequencer: '<rootDir>/scripts/labs-first.js',
  maxWorkers: 2,
  // Nothing is timed in a test: on a busy machine a thousand virtual hours may take far more than the usual 5 s.
  testTimeout: 180_000,
};
