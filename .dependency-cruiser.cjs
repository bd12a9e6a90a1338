// Which folder may import which: design.md's arrows. A wrong arrow or a ring fails the lint.
const folder = (name) => `^${name}/`;
const arrow = (from, allowed, comment) => ({
  name: `${from}-imports-only-its-own`,
  comment,
  severity: 'error',
  from: { path: folder(from) },
  to: {
    path: '^(cluster|workflows|activities|model|worker|client|lab|test|bench)/',
    pathNot: [folder(from), ...allowed.map(folder)],
  },
});
const typeOnly = ['type-only'];

module.exports = {
  forbidden: [
    {
      name: 'no-rings',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: typeOnly } },
    },
    arrow('cluster', [], 'cluster knows: pure values, no I/O, no Temporal'),
    arrow('client', ['workflows', 'cluster'], 'client asks'),
    arrow('activities', ['cluster'], 'activities touch'),
    arrow('model', ['cluster', 'activities'], 'model imagines'),
    arrow('worker', ['cluster', 'activities', 'workflows', 'model'], 'worker wires'),
    arrow('workflows', ['cluster', 'activities'], 'workflows decide'),
    {
      name: 'workflows-judge-only-through-activities',
      comment:
        'A judgement made in workflow code is not in the history: a new release would act on evidence approved for the old one.',
      severity: 'error',
      from: { path: folder('workflows') },
      to: {
        path: '^(cluster|activities)/',
        pathNot: ['^cluster/commands/', '^cluster/words'],
        dependencyTypesNot: typeOnly,
      },
    },
    {
      name: 'cluster-is-pure',
      severity: 'error',
      from: { path: '^(cluster)/' },
      to: { dependencyTypes: ['npm', 'core', 'npm-dev'] },
    },
    {
      name: 'workflows-import-only-temporal',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { dependencyTypes: ['npm', 'core', 'npm-dev'], pathNot: '@temporalio/(workflow|common)' },
    },
    {
      name: 'completion-loads-little',
      comment: 'It runs at each press of TAB: the Temporal client alone takes 0.35 s to load.',
      severity: 'error',
      from: { path: '^client/commands/complete\\.ts$' },
      to: { path: 'node_modules/(@temporalio|execa|zod)/', reachable: true },
    },
    {
      name: 'no-lost-imports',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'shipped-code-has-shipped-dependencies',
      severity: 'error',
      from: {
        path: '^(cluster|workflows|activities|model|worker|client|lab)/',
        pathNot: '^worker/(build|few-files)[.]ts$', // run by `npm run build`, and left out of the package
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: typeOnly },
    },
  ],
  options: {
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.cjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
};
