// The rooms and what each may import. Type-only imports count; anything not listed for a room is refused.

const everythingBut = (...allowed) => ({ path: '^src/', pathNot: allowed });

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const seam = '^src/store/store\\.ts$';
const opener = '^src/store/open\\.ts$';
const migrations = '^src/store/migrate\\.ts$';
const moving = '^src/store/moving\\.ts$';
const doctor = '^src/store/doctor\\.ts$';
const handle = '^src/store/store-handle\\.ts$';

export default {
  forbidden: [
    rule(
      'no-cycles',
      'Two files that need each other are one, or lack a third.',
      { path: '^(?:src|test|demo|examples|bench|scripts)/' },
      { circular: true },
    ),
    rule(
      'core-is-pure',
      'core/ imports nothing but itself: no other room, no node: builtin, no package.',
      { path: '^src/core/' },
      { pathNot: '^src/core/' },
    ),
    rule(
      'seam-knows-core-only',
      'store/store.ts is all that the author of another store reads.',
      { path: seam },
      { pathNot: '^src/core/' },
    ),
    rule(
      'store-below-client',
      'store/ imports core/ and itself.',
      { path: '^src/store/' },
      everythingBut('^src/core/', '^src/store/'),
    ),
    rule(
      'stores-do-not-meet',
      'A concrete store never imports another one.',
      { path: '^src/store/([^/]+)/' },
      { path: '^src/store/[^/]+/', pathNot: '^src/store/$1/' },
    ),
    rule(
      'store-below-opener',
      'A concrete store does not know how it is opened, nor in which thread it runs.',
      { path: '^src/store/[^/]+/' },
      { path: '^src/store/(?:open|keeper|threaded|store-handle)[^/]*\\.ts$' },
    ),
    rule(
      'one-opener',
      'store/open.ts is the only file that names a concrete store.',
      { path: '^src/', pathNot: [opener, '^src/store/[^/]+/'] },
      { path: '^src/store/[^/]+/' },
    ),
    rule(
      'client-room',
      'client/ imports core/, the seam and store/open.ts.',
      { path: '^src/client/' },
      everythingBut('^src/(?:core|client)/', seam, opener, handle),
    ),
    rule(
      'worker-room',
      'worker/ imports core/, client/, the seam and store/open.ts.',
      { path: '^src/worker/' },
      everythingBut('^src/(?:core|client|worker)/', seam, opener, handle),
    ),
    rule(
      'admin-room',
      'admin/ imports the rooms below it, store/open.ts, store/migrate.ts, store/moving.ts and store/doctor.ts.',
      { path: '^src/admin/' },
      everythingBut(
        '^src/(?:core|client|worker|admin)/',
        seam,
        opener,
        migrations,
        moving,
        doctor,
        handle,
      ),
    ),
    rule(
      'testing-room',
      'testing/ imports the rooms below it and store/open.ts.',
      { path: '^src/testing/' },
      everythingBut('^src/(?:core|client|worker|testing)/', seam, opener, handle),
    ),
    rule(
      'entry-point-below-doors',
      'An entry point re-exports from the rooms; it knows no door.',
      { path: '^src/index\\.ts$' },
      { path: '^src/(?:cli|dashboard|mcp)/' },
    ),
    rule(
      'doors-use-the-public-surface',
      'A door imports the public entry points and its own files.',
      { path: '^src/(cli|dashboard|mcp)/' },
      everythingBut('^src/(?:index|admin/index)\\.ts$', '^src/$1/'),
    ),
    rule(
      'tests-run-what-ships',
      'Everything outside src/ imports the package by its name, or dist/.',
      { path: '^(?:test|demo|examples|bench|scripts)/' },
      { path: '^src/' },
    ),
    rule(
      'examples-are-users',
      'Demo and examples use the package as its users do: by its name.',
      { path: '^(?:demo|examples)/' },
      { path: '^dist/', pathNot: '^dist/(?:index|admin/index|testing/index)\\.' },
    ),
    rule(
      'no-undeclared-package',
      'What src/ imports is a dependency of the package, or an optional one that it asks for.',
      { path: '^src/' },
      {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-bundled'],
        dependencyTypesNot: ['npm-peer'],
      },
    ),
    rule('no-unresolvable', 'An import must lead somewhere.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: '(?:^|/)node_modules/|^dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['import', 'types', 'default'],
      exportsFields: ['exports'],
    },
  },
};
