/** Imports go one way: foundation ← kernel/state/execution ← l1 ← services ← node ← sdk ← cli. See ARCHITECTURE.md. */
const LAYERS = [
  ['core'],
  ['codec'],
  ['chain'],
  ['kernel'],
  ['state'],
  ['execution'],
  ['l1'],
  ['mempool', 'sequencer', 'batcher', 'derivation', 'verifier', 'settlement', 'governance', 'rpc'],
  ['node'],
  ['sdk'],
  ['cli'],
];
/** A service may use these neighbours: pure parts that exist to be shared. */
const ALLOWED_NEIGHBOURS = { verifier: ['derivation'] };
const SOURCE = '(?:^|/)src/';

const upward = LAYERS.flatMap((layer, index) =>
  layer.map((room) => ({
    name: `layering-${room}`,
    comment: `src/${room} imports only itself and the layers below it`,
    severity: 'error',
    from: { path: `${SOURCE}${room}/` },
    to: {
      path: `${SOURCE}(?:${[
        ...LAYERS.slice(index + 1).flat(),
        ...layer.filter((other) => other !== room && !(ALLOWED_NEIGHBOURS[room] ?? []).includes(other)),
        'web',
      ].join('|')})/`,
    },
  })),
);

module.exports = {
  forbidden: [
    ...upward,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dev-dependency-at-run-time',
      severity: 'error',
      from: { path: `${SOURCE}` },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'nothing-unresolved', severity: 'error', from: { path: SOURCE }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'src/kernel/assembly' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'], conditionNames: ['node', 'require', 'import', 'types'], exportsFields: ['exports'] },
  },
};
