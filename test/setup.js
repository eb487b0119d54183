// The built-in CloudFormation validator costs 2.5 s per test file; test/architecture/validation.test.ts turns it on.
process.env.CDK_VALIDATION ??= 'false';
process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION ??= '20';
