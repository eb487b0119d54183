module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
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
  moduleNameMapper: {
    '^cdk-failover$': '<rootDir>/lib/index.ts',
    // The second leg runs the construct tests on the newest aws-cdk-lib that we support.
    ...(process.env.CDK_LEG === 'next' ? { '^aws-cdk-lib(.*)$': '<rootDir>/node_modules/aws-cdk-lib-next$1' } : {}),
  },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/dist-pkgs', '<rootDir>/cdk.out'],
  setupFiles: ['<rootDir>/test/setup.js'],
  reporters: ['default', '<rootDir>/scripts/plain-reporter.js'],
  maxWorkers: 2,
};
