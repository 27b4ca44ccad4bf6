/** The arrows of docs/architecture.md: a stage imports only stages to its left. */
const stages = ['capture', 'network', 'security', 'coap', 'lwm2m', 'device', 'diagnosis', 'analysis'];

const leftward = stages.map((stage, index) => ({
  name: `${stage}-imports-left-only`,
  severity: 'error',
  comment: `src/${stage} may import only from itself and the stages before it.`,
  from: { path: `^src/${stage}/` },
  to: { path: '^(src|workers)/', pathNot: `^src/(${stages.slice(0, index + 1).join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...leftward,
    {
      name: 'stages-are-portable',
      severity: 'error',
      comment:
        'Stages run unchanged in a page, a worker and Node: no built-in, no Svelte, no front-end package.',
      from: { path: `^src/(${stages.join('|')})/` },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer'],
        pathNot: '^node_modules/(@noble/hashes/|cbor-x/dist/decode-no-eval\\.cjs$)',
      },
    },
    {
      name: 'front-ends-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/(app|cli|relay)/' },
      to: { path: '^(src/(app|cli|relay|bin)/|workers/)', pathNot: '^(src/$1/|workers/)' },
    },
    {
      name: 'node-front-ends-start-no-worker-and-no-page',
      severity: 'error',
      from: { path: '^src/(cli|relay|bin)/' },
      to: { path: '^(workers/|src/app/|node_modules/(svelte|comlink|d3-))' },
    },
    {
      name: 'bin-only-dispatches',
      severity: 'error',
      from: { path: '^src/bin/' },
      to: { path: '^src/', pathNot: '^src/(bin|cli|relay)/' },
    },
    {
      name: 'workers-are-thin',
      severity: 'error',
      from: { path: '^workers/' },
      to: { path: '^src/', pathNot: '^src/(analysis/|app/worker-host/)' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.app.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'default'],
      extensions: ['.ts', '.js', '.svelte', '.json'],
    },
  },
};
